import os
import threading

from macaron_runner.tasks.forks import undivided


def test_a_fork_waits_for_what_another_thread_is_at():
    began, steps = threading.Event(), []

    def work():
        with undivided:
            began.set()
            threading.Event().wait(0.2)
            steps.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    assert began.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if steps == ["done"] and undivided.acquire(timeout=10) else 1)
    assert os.waitpid(child, 0)[1] == 0
    thread.join()
    assert undivided.acquire(timeout=10)
    undivided.release()
