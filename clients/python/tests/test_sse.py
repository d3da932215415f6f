from rampart_openfeature.sse import messages


def test_messages() -> None:
    lines = b': hello\n\ndata: {"a":1}\n\nevent: x\nid: 1\ndata:one\r\ndata: two\r\n\r\n\n\ndata: cut off'
    assert list(messages(lines.splitlines(keepends=True))) == ['{"a":1}', "one\ntwo"]
