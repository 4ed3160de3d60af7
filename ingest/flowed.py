"""Text of format=flowed (RFC 3676) with its soft line breaks taken back."""


def unflow(text: str, delete_space: bool = False) -> str:
    """Paragraphs on one line each, quote marks kept, stuffed blanks removed.

    A line that ends in a blank goes on in the next of the same quoting depth; `-- ` never does.
    `delete_space` (DelSp=yes) drops the blank that marks the soft break.
    """
    lines: list[str] = []
    flowing = False
    depth_before = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        if content.startswith(" "):
            content = content[1:]
        signature = content == "-- "
        if flowing and depth == depth_before and not signature:
            lines[-1] += content
        else:
            lines.append(line if depth else content)
        # An empty line of a diff is one blank: it ends a paragraph, whatever the RFC says.
        flowing = content.endswith(" ") and not signature and not content.isspace()
        if flowing and delete_space:
            lines[-1] = lines[-1][:-1]
        depth_before = depth
    return "\n".join(lines)
