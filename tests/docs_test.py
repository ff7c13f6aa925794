"""Do the files, folders and make targets exist that the documents name?

Read are all Markdown files but vendored ones, the templates of `wasmgate new` and measured results. In backticks and code blocks a
word is taken for a path when its first part is a folder of the repository, of `src/`, or of the document's own folder; in backticks
also when it ends like a folder or a source; links always are. `{a,b}`, `*` and `<name>` must match something. Products of a build (.gitignore) and names of the reader's own (`my-plugin`) are
not looked for.
"""

import fnmatch
import functools
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
LEFT_OUT = ("bench/results/", "plugins/templates/", "plugins/wasm-rust/vendor/")
# Sections about other projects' files.
FOREIGN = {("STYLE.md", "1. Who we look up to, and for what")}
READERS_OWN = re.compile(r"\bmy[-_]\w+|\bFOLDER\b|\bOUT\b|\bDIR\b|…")
SOURCE_NAME = re.compile(r"[\w{},*<>-]+\.(?:h|cc|py|cmake|rs)")


@functools.cache
def repository_files():
    """All files that are or could be committed, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.decode().split("\0")[:-1]
        return sorted(name for name in set(names) if (ROOT / name).exists())
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file() and not is_product(str(path.relative_to(ROOT))))


@functools.cache
def repository_paths():
    """The files and all folders above them."""
    paths = set(repository_files())
    for name in repository_files():
        paths.update(str(parent) for parent in pathlib.PurePosixPath(name).parents)
    return paths


@functools.cache
def base_names():
    return {name.rsplit("/", 1)[-1] for name in repository_files()}


def folders_in(folder):
    prefix = f"{folder}/" if folder not in ("", ".") else ""
    return {name[len(prefix):].split("/")[0] for name in repository_files() if name.startswith(prefix) and "/" in name[len(prefix):]}


def is_product(path):
    """What .gitignore names, in the few forms that it uses."""
    ignored = False
    for line in (ROOT / ".gitignore").read_text().splitlines():
        keep, pattern = line.startswith("!"), line.lstrip("!").rstrip("/")
        if not pattern or pattern.startswith("#"):
            continue
        parts = pathlib.PurePosixPath(path).parts
        candidates = ["/".join(parts[:i + 1]) for i in range(len(parts))] if "/" in pattern else parts
        if any(fnmatch.fnmatch(candidate, pattern) for candidate in candidates):
            ignored = not keep
    return ignored


def alternatives(path):
    """`a.{h,cc}` as two."""
    found = re.search(r"\{([^{}]*)\}", path)
    if found is None:
        return [path]
    return [whole for word in found[1].split(",") for whole in alternatives(path[:found.start()] + word + path[found.end():])]


def pattern_of(path):
    """A regular expression for `*` and `<name>`, each within one part of the path; `**` may cross parts."""
    text = re.sub(r"<[^<>]*>", "*", path.rstrip("/"))
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in re.split(r"\*\*/?", text)]
    return re.compile(".*".join(parts) + ("" if path.endswith("/") else r"(?:\.h|\.cc)?"))


def exists(path, bases):
    """`path` as a file or folder below one of `bases`; the ending of C++ files may be left out."""
    for base in bases:
        whole = os.path.normpath(os.path.join(base, path.rstrip("/") or "."))
        if whole.startswith(".."):
            continue
        if is_product(whole) or is_product(whole + "/x"):
            return True
        if any(whole + ending in repository_paths() for ending in ([""] if path.endswith("/") else ["", ".h", ".cc"])):
            return True
        if "*" in whole or "<" in whole:
            pattern = pattern_of(whole + "/" * path.endswith("/"))
            if any(pattern.fullmatch(known) for known in repository_paths()):
                return True
    return False


def ends_a_path(path):
    """`path` without the folders above it, as `message/header_map.h` or `testing/`."""
    pattern = re.compile("(?:.*/)?" + pattern_of(path).pattern)
    return any(pattern.fullmatch(known) for known in repository_paths())


class Document:
    def __init__(self, name):
        self.name = name
        self.folder = str(pathlib.PurePosixPath(name).parent)
        self.spans = []  # (line number, text) in backticks
        self.code = []   # lines of code blocks
        self.links = []  # what links point to
        fenced, section = False, ""
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif fenced or line.startswith("    "):
                self.code.append((number, line))
            else:
                if line.startswith("## "):
                    section = line[3:].strip()
                if (name, section) in FOREIGN:
                    continue
                self.spans += [(number, span) for span in re.findall(r"`([^`]+)`", line)]
                self.links += [(number, target) for target in re.findall(r"\]\(([^()\s]+)\)", line)]

    def bases(self):
        return [self.folder, ".", "src"]

    def wrong_links(self):
        for number, target in self.links:
            path = target.split("#")[0]
            if path and not re.match(r"[a-z]+:", path) and not exists(path, [self.folder]):
                yield f"{self.name}:{number}: link to {target}"

    def wrong_paths(self):
        known = folders_in(".") | folders_in("src") | folders_in(self.folder)
        # Elsewhere a word like `conf/` is a user's folder.
        endings = r"\w/$|\.(?:h|cc|py|cmake|rs|md)$" if self.folder == "." or self.folder.startswith("src/") else r"\.(?:h|cc|py|cmake|rs|md)$"
        for number, text in self.spans + self.code:
            for word in re.split(r"[\s()\"';|=]+|, ", text):
                word = word.strip(".,:").split("#")[0]
                if "/" not in word or not re.fullmatch(r"[\w.*<>{},/@+-]+", word) or READERS_OWN.search(word):
                    continue
                if word.startswith("../") or word.split("/")[0] in known:
                    for path in alternatives(word):
                        if not exists(path, self.bases()):
                            yield f"{self.name}:{number}: {path}"
                elif (number, text) in self.spans and re.search(endings, word):
                    for path in alternatives(word):
                        if not ends_a_path(path):
                            yield f"{self.name}:{number}: {path}"

    def wrong_names(self):
        """A source file named without its folder stands somewhere."""
        for number, span in self.spans:
            if SOURCE_NAME.fullmatch(span):
                for name in alternatives(span):
                    pattern = pattern_of(name)
                    if not any(pattern.fullmatch(known) for known in base_names()):
                        yield f"{self.name}:{number}: {name}"

    def make_calls(self):
        """(line number, folder, target) of each `make …`, in backticks or at the beginning of a line of code."""
        for number, text in self.spans + self.code:
            call = re.match(r"\s*(?:[A-Z_]+=\S+\s+)*make((?: \S+)*)", text.split("#")[0])
            if call is None:
                continue
            folder, words = None, call[1].replace("|", " ").split()
            while words:
                word = words.pop(0)
                if word == "-C":
                    folder = words.pop(0) if words else None
                elif word.rstrip("."):
                    yield number, folder, word.rstrip(".,;")

    def wrong_targets(self):
        for number, folder, target in self.make_calls():
            if not re.fullmatch(r"[a-z][a-z-]*", target):
                continue
            if folder is not None:
                files = [f"{folder}/Makefile", f"{self.folder}/{folder}/Makefile"]
            else:
                files = [f"{self.folder}/Makefile", "Makefile"]
                if self.name.startswith("plugins/") or self.name.startswith("docs/"):
                    files += ["plugins/wasm-cpp/Makefile", "plugins/wasm-rust/Makefile"]
            if not any(target in targets_of(os.path.normpath(name)) for name in files):
                yield f"{self.name}:{number}: make {target}"


@functools.cache
def targets_of(makefile):
    path = ROOT / makefile
    if not path.is_file():
        return set()
    heads = re.findall(r"^([a-z][a-z -]*?)\s*:(?!=)", path.read_text(), re.M)
    return {target for head in heads for target in head.split()}


def documents():
    return [Document(name) for name in repository_files() if name.endswith(".md") and not name.startswith(LEFT_OUT)]


class Documents(unittest.TestCase):
    def assert_none(self, find):
        wrong = [problem for document in documents() for problem in find(document)]
        self.assertEqual(wrong, [], "\nthese do not exist:\n  " + "\n  ".join(wrong))

    def test_links_lead_to_files(self):
        self.assert_none(Document.wrong_links)

    def test_paths_exist(self):
        self.assert_none(Document.wrong_paths)

    def test_source_files_without_folder_exist(self):
        self.assert_none(Document.wrong_names)

    def test_make_targets_exist(self):
        self.assert_none(Document.wrong_targets)

    def test_rooms_may_use_what_the_architecture_says(self):
        calls = re.findall(r"^gw_room\((\w+)(?: COLD)?\s+USES([a-z ]*)", (ROOT / "src/CMakeLists.txt").read_text(), re.M)
        built = [(room, sorted(uses.split())) for room, uses in calls]
        told = []
        for room, uses in re.findall(r"^\| `(\w+)` \| ([a-z –]+) \|", (ROOT / "ARCHITECTURE.md").read_text(), re.M):
            above = [name for name, _ in told]
            told.append((room, sorted(above if uses == "all above" else uses.replace("–", "").split())))
        self.assertEqual(told, built)
        self.assertEqual({room for room, _ in built}, folders_in("src"))

    def test_every_room_tells_where_to_look(self):
        self.assertEqual([room for room in sorted(folders_in("src")) if not (ROOT / "src" / room / "README.md").exists()], [])


if __name__ == "__main__":
    unittest.main()
