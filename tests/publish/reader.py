"""What a page holds, as a test reads it."""

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "input", "hr", "img"}


class Reader(HTMLParser):
    """Its elements in order, its texts; parts that are opened and not closed are an error."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self._open = [], [], []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]

    def values(self, name):
        return [attrs[name] for _, attrs in self.elements if name in attrs]

    def count(self, tag):
        return len(self.all(tag))
