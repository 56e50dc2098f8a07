"""The client of one API, as handlers, tasks and scripts have it: `apipool.inventory.client.get_item(item_id=3)`.

Its operations are attributes, called with the body first and parameters by keyword; `aio` has the same as coroutines.
Not for what becomes of arguments and answers (encoding, decoding), nor for how a call goes (caller).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar

from macaron_runner.clients.decoding import Result
from macaron_runner.clients.downloads import Download, DownloadAsync, ItemMaker, Items, ItemsAsync
from macaron_runner.clients.failures import ClientError
from macaron_runner.clients.options import NO_OPTIONS, Options
from macaron_runner.clients.outgoing import Answer, Arriving, ArrivingAsync, Outgoing
from macaron_runner.clients.pages import Page, Pages, items_of
from macaron_runner.diagnostics import near_word

if TYPE_CHECKING:
    from inspect import Signature

    from macaron_runner.clients.operations import CompiledOperation


class Caller(Protocol):
    """What carries the calls of one operation (clients.caller). With the option `stream` a success still arrives."""

    def __call__(self, outgoing: Outgoing, options: Options) -> Answer | Arriving:
        """Return the answer. Raises ClientError."""
        ...

    async def aio(self, outgoing: Outgoing, options: Options) -> Answer | ArrivingAsync:
        """Return the answer, in a coroutine. Raises ClientError."""
        ...


class ClientOperation:
    """One operation of a client; call it. What it takes and gives is its signature and documentation."""

    def __init__(self, compiled: CompiledOperation, options: Options) -> None:
        self._compiled = compiled
        self._options = options
        self.__name__ = self.__qualname__ = compiled.name
        self.__doc__ = compiled.documentation

    @property
    def __signature__(self) -> Signature:
        return self._compiled.signature

    def __repr__(self) -> str:
        return f"<{self._compiled.title}{self._compiled.signature}>"

    def with_options(self, **changes: Any) -> Self:
        """Return the operation with other options: see Options. Raises TypeError for one that does not exist."""
        return type(self)(self._compiled, self._options.changed(changes))

    def prepare(self, *args: Any, **kwargs: Any) -> Outgoing:
        """Return the request that a call would send, before it says who asks. Raises TypeError, CannotSend."""
        return self._compiled.encode(args, kwargs, self._options)

    def _pages(self) -> Pages:
        return Pages(
            self._compiled.operation, lambda args, kwargs: self._compiled.encode(args, kwargs, self._options)
        )

    def _failed(self, error: ClientError) -> ClientError:
        """Return an error as the result of a call; raise it, where errors are raised."""
        error.operation = error.operation or self._compiled.operation.name
        said = self._options.raise_errors
        if said if said is not None else self._compiled.raise_errors:
            raise error
        return error

    def _result(self, answer: Answer) -> Any:
        value = self._compiled.decode(answer)
        return Result(value, answer.status, answer.headers) if self._options.whole else value

    def _items(self, arriving: Arriving | ArrivingAsync) -> ItemMaker | None:
        """Return what makes items of an answer that is a sequence of them, None of one that is not."""
        media_type, make = self._compiled.decode.open(arriving.status, arriving.headers)
        if media_type.is_sequence or media_type.is_event_stream:
            return ItemMaker(media_type, make, self._compiled.operation.name)
        return None


class BlockingOperation(ClientOperation):
    """One operation, for threads."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it: the body first, where it takes one, and parameters by keyword.

        The result is a model or value, an error (is_error) where the call failed. Raises TypeError for arguments that
        do not exist or are missing, and the error with the option `raise_errors`.
        """
        try:
            outgoing = self._compiled.encode(args, kwargs, self._options)
            answer = self._compiled.caller(outgoing, self._options)
            return self._result(answer) if isinstance(answer, Answer) else self._opened(answer)
        except ClientError as error:
            return self._failed(error)

    def pages(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Call it, and yield its result and those of the pages behind it, as its document links them.

        Raises the error of a page that fails, whatever the options, and TypeError where nothing is linked.
        """
        options = self._options.changed({"stream": False})
        pages = self._pages()
        page: Page | None = pages.first(args, kwargs)
        while page is not None:
            answer = self._compiled.caller(page.outgoing, options)
            assert isinstance(answer, Answer)
            yield self._result(answer)
            page = pages.after(page, answer)

    def items(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Yield the items of all pages: of each its one list. Raises as `pages`, and TypeError for other pages."""
        for page in self.with_options(whole=False).pages(*args, **kwargs):
            yield from items_of(page)

    def _opened(self, arriving: Arriving) -> Download | Items:
        try:
            items = self._items(arriving)
        except ClientError:
            arriving.close()
            raise
        return Download(arriving) if items is None else Items(arriving, items)


class AsyncOperation(ClientOperation):
    """One operation, for coroutines."""

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it, as BlockingOperation is called."""
        try:
            outgoing = self._compiled.encode(args, kwargs, self._options)
            answer = await self._compiled.caller.aio(outgoing, self._options)
            return self._result(answer) if isinstance(answer, Answer) else await self._opened(answer)
        except ClientError as error:
            return self._failed(error)

    async def pages(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Yield the result of a call and those of the pages behind it, as BlockingOperation.pages."""
        options = self._options.changed({"stream": False})
        pages = self._pages()
        page: Page | None = pages.first(args, kwargs)
        while page is not None:
            answer = await self._compiled.caller.aio(page.outgoing, options)
            assert isinstance(answer, Answer)
            yield self._result(answer)
            page = pages.after(page, answer)

    async def items(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Yield the items of all pages, as BlockingOperation.items."""
        async for page in self.with_options(whole=False).pages(*args, **kwargs):
            for item in items_of(page):
                yield item

    async def _opened(self, arriving: ArrivingAsync) -> DownloadAsync | ItemsAsync:
        try:
            items = self._items(arriving)
        except ClientError:
            await arriving.close()
            raise
        return DownloadAsync(arriving) if items is None else ItemsAsync(arriving, items)


Called = TypeVar("Called", bound=ClientOperation)


class _Operations(Generic[Called]):
    """The operations of an API as attributes, each made when it is first asked for."""

    _kind: ClassVar[type[Any]]

    def __init__(
        self, api: str, known: Mapping[str, CompiledOperation], options: Options = NO_OPTIONS
    ) -> None:
        self._api, self._known, self._options = api, known, options

    def __getattr__(self, name: str) -> Called:
        known = self.__dict__.get("_known", {})  # absent while it is unpickled or copied
        if name not in known:
            hint = near_word(name, known) or f"there are: {', '.join(known) or 'none'}"
            raise AttributeError(
                f'the API "{self.__dict__.get("_api", "")}" has no operation "{name}"; {hint}'
            )
        made: Called = self._kind(known[name], self._options)
        self.__dict__[name] = made
        return made

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._known})

    def with_options(self, **changes: Any) -> Self:
        """Return the same operations with other options: see Options. Raises TypeError for one that does not exist."""
        return type(self)(self._api, self._known, self._options.changed(changes))

    def __repr__(self) -> str:
        """Show the operations, with what they are for."""
        lines = [
            f"  {each.name}{each.signature}  {each.operation.summary}".rstrip()
            for each in self._known.values()
        ]
        return "\n".join([f"<client of {self._api}>", *lines])


class AsyncClient(_Operations[AsyncOperation]):
    """The operations of an API as coroutines."""

    _kind = AsyncOperation


class Client(_Operations[BlockingOperation]):
    """The operations of an API. `with_options` gives a client like it; `aio` has the same operations as coroutines."""

    _kind = BlockingOperation

    @property
    def aio(self) -> AsyncClient:
        """The same operations as coroutines, with the same options."""
        return AsyncClient(self._api, self._known, self._options)
