"""Handlers that are coroutines have all that others have."""

import pytest


@pytest.mark.parametrize(
    "what",
    [
        "request.method == 'GET'", "g.setdefault('x', True)", "session.get('x', True)", "current_app.name == 'shop'",
        "flask.has_request_context()", "flask.url_for('shop.get_it') == '/it'",
    ],
)  # fmt: skip
def test_each_alone(serve, what):
    served = serve(f"""
        import asyncio

        async def get_it():
            await asyncio.sleep(0)
            return {what}
    """)
    assert [served.json("/it"), served.json("/it")] == [True, True]


def test_all_together(serve):
    served = serve("""
        import asyncio
        app.secret_key = "for these tests"

        async def look(name):
            await asyncio.sleep(0)
            return [name, request.path, g.user]

        async def get_it():
            session["user"] = g.user = "ann"

            @flask.after_this_request
            async def after(response):
                response.headers["X-User"] = g.user
                return response

            in_a_thread = asyncio.to_thread(lambda: [3, request.path, g.user])
            return await asyncio.gather(look(1), asyncio.create_task(look(2)), in_a_thread)

        async def get_fails():
            await asyncio.sleep(0)
            flask.abort(410)
    """)
    answer = served.client.get("/it")
    assert answer.json == [[1, "/it", "ann"], [2, "/it", "ann"], [3, "/it", "ann"]]
    assert answer.headers["X-User"] == "ann"
    assert "session=" in answer.headers["Set-Cookie"]
    assert served.status("/fails") == 410


def test_only_a_task_of_the_handler_looks(serve):
    served = serve("""
        import asyncio

        async def look():
            return [request.path, g.get("x")]

        async def get_it():
            return await asyncio.create_task(look())
    """)
    assert [served.json("/it"), served.json("/it")] == [["/it", None]] * 2


def test_what_a_task_leaves_in_g_the_handler_finds(serve):
    served = serve("""
        import asyncio

        async def leave():
            g.x = 1

        async def get_it():
            await asyncio.create_task(leave())
            return g.get("x")
    """)
    assert served.json("/it") == 1
