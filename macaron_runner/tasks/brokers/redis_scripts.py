"""What workers and publishers ask of Redis in one step that nothing can come between, and one answer: scripts, in Lua.

Not for when it is asked (redis_transport).
"""

from typing import Final

TAKE: Final = """
local held, since = KEYS[1], KEYS[2]
local now, normal, sep, lists = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local soonest
for number = 3 + lists, #KEYS, 3 do
    local queue, waiting = KEYS[number], KEYS[number + 1]
    for _, message in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', now, 'LIMIT', 0, 100)) do
        redis.call('ZREM', waiting, message)
        local sound, read = pcall(cjson.decode, message)
        local priority = sound and tonumber(read.properties.priority) or normal
        redis.call('LPUSH', priority == normal and queue or queue .. sep .. priority, message)
    end
    local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
    if first and (not soonest or tonumber(first) < tonumber(soonest)) then soonest = first end
end
for number = 1, lists do
    local message = redis.call('RPOP', KEYS[2 + number])
    if message then
        local sound, read = pcall(cjson.decode, message)
        if sound and ARGV[4 + number] == 'lease' then
            local tag, info = read.properties.delivery_tag, read.properties.delivery_info
            local from = cjson.encode(info.exchange) .. ',' .. cjson.encode(info.routing_key)
            redis.call('HSET', held, tag, '[' .. message .. ',' .. from .. ']')
            redis.call('ZADD', since, now, tag)
        end
        return {number, message}
    end
end
local answer = {0, soonest or ''}
for number = 3 + lists, #KEYS, 3 do
    local last = redis.call('XREVRANGE', KEYS[number + 2], '+', '-', 'COUNT', 1)[1]
    table.insert(answer, last and last[1] or '0-0')
end
return answer
"""
"""Moves what is due into its queue, and takes a message from the first list that has one.

KEYS: what is held, since when, the lists to look into, and for each queue its name, what waits beside it, and its bell.
ARGV: the time, the priority that has the queue's own list, what stands before other priorities in a list's name, how
many lists there are, and "lease" for each from which a message is held until it is acknowledged. Returns the number of
the list and its message, written down as kombu does; or 0, when the next message is due, and where each bell stands.

What takes away comes first each time: it is allowed where memory is full, and all that follows it in a script then is.
"""

PUT: Final = """
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'rung', 1)
"""
"""KEYS: the list, its queue's bell. ARGV: the message."""

HOLD_BACK: Final = """
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'rung', 1)
"""
"""KEYS: what waits beside the queue, its bell. ARGV: the message, when it is due."""

ACKNOWLEDGE: Final = """
redis.call('HDEL', KEYS[1], ARGV[1])
return redis.call('ZREM', KEYS[2], ARGV[1])
"""
"""KEYS: what is held, since when. ARGV: the message's tag. Returns how many there were of it, 1 or 0."""
