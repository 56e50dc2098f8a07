"""What workers and publishers ask of Redis in one step that nothing can come between, and one answer: scripts, in Lua.

Not for when it is asked (redis_transport).
"""

from typing import Final

TAKE: Final = r"""
local function priority_of(message)
    return cjson.decode(message).properties.priority
end
local function place_of(message)
    if message:find('[\128-\255]') then error('no ASCII') end
    local read = cjson.decode(message).properties
    local info = read.delivery_info
    return read.delivery_tag .. '', cjson.encode(info.exchange .. '') .. ',' .. cjson.encode(info.routing_key .. '')
end
local function escaped(character)
    return string.format('\\u%04x', character:byte())
end
local held, since = KEYS[1], KEYS[2]
local now, normal, sep, lists = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local function hold(message, list)
    local sound, tag, from = pcall(place_of, message)
    local kept = message
    if not sound then
        tag = 'unread ' .. redis.sha1hex(now .. message)
        while redis.call('HEXISTS', held, tag) == 1 do tag = tag .. '+' end
        kept = '"' .. message:gsub('%W', escaped) .. '"'
        from = '"",' .. cjson.encode(list)
    end
    redis.call('HSET', held, tag, '[' .. kept .. ',' .. from .. ']')
    redis.call('ZADD', since, now, tag)
    return tag
end
local soonest
for number = 3 + lists, #KEYS, 3 do
    local queue, waiting = KEYS[number], KEYS[number + 1]
    for _, message in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', now, 'LIMIT', 0, 100)) do
        redis.call('ZREM', waiting, message)
        local _, priority = pcall(priority_of, message)
        priority = tonumber(priority) or normal
        redis.call('LPUSH', priority == normal and queue or queue .. sep .. priority, message)
    end
    local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
    if first and (not soonest or tonumber(first) < tonumber(soonest)) then soonest = first end
end
local number, message, tag = 0, false, ''
repeat
    number = number + 1
    message = redis.call('RPOP', KEYS[2 + number])
until message or number == lists
if message then
    if ARGV[4 + number] == 'lease' then tag = hold(message, KEYS[2 + number]) end
    for left = number, lists do
        if redis.call('EXISTS', KEYS[2 + left]) == 1 then return {number, message, tag} end
    end
end
local answer = {number, message, tag, soonest or ''}
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
the list, its message as kombu wrote it, or nil for none, and the tag under which that is held. Where none is left after
that it also tells when the next one is due, and where each bell stands.

The tag is the message's own or, where Lua cannot read that (its JSON knows fewer nestings and escapes than Python's,
and other programs may have put anything there), one made for it. Such a message is held as a text, of which each
character is one byte.

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
