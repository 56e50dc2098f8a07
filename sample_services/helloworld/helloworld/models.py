"""Classes that models of apis/helloworld.yaml inherit from, as their `x-parent` says."""

from macaron_runner import apipool


class Question:
    """What every `apipool.helloworld.Question` can do besides carrying its properties."""

    question: str

    def to_reply(self):
        """Return the answer, as a model of the same API."""
        return apipool.helloworld.Hello(message=f"You said: {self.question}")
