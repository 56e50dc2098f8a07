"""Operations compiled into checks, codecs and models. Everything is built once, at start; a request only runs it."""
