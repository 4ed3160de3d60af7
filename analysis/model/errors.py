"""What is wrong with a model itself, as opposed to what a model says of the kernel."""


class ModelError(Exception):
    """A model that cannot be checked: names the file and line, what is wrong, and what to do about it."""

    def __init__(self, message: str, *, file: str = "", line: int = 0, hint: str = "") -> None:
        self.message = message
        self.file = file
        self.line = line
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")

    def at(self, file: str, line: int) -> "ModelError":
        """The same error with its place filled in, unless it already has one."""
        if self.file:
            return self
        return type(self)(self.message, file=file, line=line, hint=self.hint)


class UnsupportedSyntaxError(ModelError):
    """Python that the modelling language doesn't have."""


class FieldOverflowError(ModelError):
    """A write that doesn't fit the declared width of a field."""
