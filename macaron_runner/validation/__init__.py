"""Operations compiled into checks and codecs. Everything is built once, at start; a request only runs it."""
