"""Revision files in every style that Python allows, and what Alembic makes of each: a line of JSON for each folder."""

import json
import pathlib
import shutil
import sys
import warnings

from alembic.config import Config
from alembic.script import ScriptDirectory

warnings.simplefilter("ignore")

HEAD = "from alembic import op\n"


def R(revision, down, extra="", pre=""):
    """A revision, whose ids are expressions of Python."""
    return f"{pre}{HEAD}revision = {revision}\ndown_revision = {down}\n{extra}\ndef upgrade():\n    pass\n"


CASES = {}


def case(name, files):
    CASES[name] = files


A=R("'a1'","None")
case("fstring",{"a.py":A,"b.py":R("f'b{2}'","'a1'")})
case("fconst",{"a.py":A,"b.py":R("f'{N}'","'a1'",pre="N='b2'\n")})
case("concat",{"a.py":A,"b.py":R("'b' + '2'","'a' + '1'")})
case("concat const",{"a.py":A,"b.py":R("P + '2'","'a1'",pre="P='b'\n")})
case("annot",{"a.py":A,"b.py":"from typing import *\nrevision: Final[str] = 'b2'\ndown_revision: str | None = 'a1'\ndef upgrade(): pass\n"})
case("tuple1",{"a.py":A,"b.py":R("'b2'","('a1',)")})
case("tuple paren str",{"a.py":A,"b.py":R("('b2')","('a1')")})
case("list",{"a.py":A,"b.py":R("'b2'","['a1']")})
case("set",{"a.py":A,"b.py":R("'b2'","{'a1'}")})
case("empty tuple",{"a.py":R("'a1'","()")})
case("empty str",{"a.py":R("'a1'","''")})
case("none in tuple",{"a.py":R("'a1'","(None,)")})
case("merge",{"a.py":A,"b.py":R("'b2'","'a1'"),"c.py":R("'c3'","'a1'"),"m.py":R("'m4'","('b2','c3')")})
case("merge dup",{"a.py":A,"m.py":R("'m4'","('a1','a1')")})
case("labels",{"a.py":R("'a1'","None","branch_labels = ('x','y')\n"),"b.py":R("'b2'","'x@a1'")})
case("label parent",{"a.py":R("'a1'","None","branch_labels = 'x'\n"),"b.py":R("'b2'","'x'")})
case("label head parent",{"a.py":R("'a1'","None","branch_labels = 'x'\n"),"b.py":R("'b2'","'x@head'")})
case("depends label",{"a.py":R("'a1'","None","branch_labels = 'x'\n"),"b.py":R("'b2'","'a1'"),"z.py":R("'z9'","None","depends_on='x'\n")})
case("depends label head",{"a.py":R("'a1'","None","branch_labels = 'x'\n"),"b.py":R("'b2'","'a1'"),"z.py":R("'z9'","None","depends_on='x@head'\n")})
case("depends prefix",{"a.py":R("'a1234'","None"),"z.py":R("'z9'","None","depends_on=('a12',)\n")})
case("prefix down",{"a.py":R("'a1234'","None"),"z.py":R("'z9'","'a12'")})
case("prefix short",{"a.py":R("'a1234'","None"),"z.py":R("'z9'","'a1'")})
case("empty depends",{"a.py":R("'a1'","None","depends_on=''\nbranch_labels=''\n")})
case("crlf",{"a.py":A.replace("\n","\r\n")})
case("cr only",{"a.py":A.replace("\n","\r")})
case("bom",{"a.py":b"\xef\xbb\xbf"+A.encode()})
case("latin1 coding",{"a.py":b"# -*- coding: latin-1 -*-\n# \xe9\xe8\n"+A.encode()})
case("latin1 id",{"a.py":"# coding: latin-1\n\"\"\"r\xe9sum\xe9\"\"\"\n".encode("latin-1")+R("'\xe9a'","None").encode("latin-1")})
case("cp1252",{"a.py":b"# vim: set fileencoding=cp1252 :\n\"\"\"a \x93q\x94\"\"\"\n"+A.encode()})
case("utf16",{"a.py":A.encode("utf-16")})
case("bad utf8 comment",{"a.py":b"# \xe9\n"+A.encode()})
case("formfeed",{"a.py":"\x0c\n"+A})
case("semicolon",{"a.py":"revision='a1';down_revision=None\ndef upgrade(): pass\n"})
case("walrus",{"a.py":"(revision := 'a1')\ndown_revision=None\ndef upgrade(): pass\n"})
case("chained",{"a.py":"revision = _r = 'a1'\ndown_revision = branch_labels = depends_on = None\ndef upgrade(): pass\n"})
case("unpack",{"a.py":"revision, down_revision = 'a1', None\ndef upgrade(): pass\n"})
case("reassigned",{"a.py":"revision = 'old'\nrevision = 'a1'\ndown_revision = None\ndef upgrade(): pass\n"})
case("del",{"a.py":"x='a1'\nrevision = x\ndel x\ndown_revision = None\ndef upgrade(): pass\n"})
case("if type checking",{"a.py":"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\n"+A})
case("try import",{"a.py":"try:\n    import nope\nexcept ImportError:\n    nope=None\n"+A})
case("if true",{"a.py":"if True:\n    revision = 'a1'\n    down_revision = None\ndef upgrade(): pass\n"})
case("func global",{"a.py":"def f():\n    global revision\n    revision = 'zz'\n"+A})
case("in string",{"a.py":'X = """\nrevision = \'zz\'\n"""\n'+A})
case("docstring nested",{"a.py":'"""doc\nrevision = "x"\n"""\n'+A})
case("raw bytes fn",{"a.py":R("str('a1')","None")})
case("format",{"a.py":R("'a{}'.format(1)","None")})
case("percent",{"a.py":R("'a%d' % 1","None")})
case("join",{"a.py":R("''.join(['a','1'])","None")})
case("strip",{"a.py":R("'a1 '.strip()","None")})
case("ternary",{"a.py":R("'a1' if True else 'b'","None")})
case("or",{"a.py":R("None or 'a1'","None")})
case("int id",{"a.py":R("1","None")})
case("int ids chain",{"a.py":R("'1'","None"),"b.py":R("'2'","1")})
case("star tuple",{"a.py":A,"b.py":R("'b2'","(*P,)",pre="P=('a1',)\n")})
case("name tuple",{"a.py":A,"b.py":R("'b2'","P",pre="P=('a1',)\n")})
case("subscript",{"a.py":A,"b.py":R("'b2'","P[0]",pre="P=('a1',)\n")})
case("no down",{"a.py":"revision='a1'\ndef upgrade(): pass\n"})
case("no upgrade",{"a.py":"revision='a1'\ndown_revision=None\n"})
case("file id legacy",{"a1.py":"down_revision=None\ndef upgrade(): pass\n"})
case("dashed file",{"2020-01-01-a-b.py":A})
case("space file",{"a b.py":A})
case("init",{"__init__.py":"raise SystemExit\n","a.py":A})
case("init like",{"__init__x.py":R("'zz'","None"),"a.py":A})
case("dot file",{".a.py":R("'zz'","None"),".#b.py":"x","a.py":A})
case("underscore",{"_a.py":A})
case("upper ext",{"a.PY":R("'zz'","None"),"b.py":A})
case("pyi",{"a.pyi":"x","b.py":A})
case("tilde",{"a.py~":"x","a.py":A,"b.py.bak":"x"})
case("subdir",{"sub/b.py":R("'b2'","'a1'"),"a.py":A})
case("dir named py",{"d.py/x.txt":"x","a.py":A})
case("async",{"a.py":A+"\nasync def f():\n    revision = 'q'\n"})
case("decorator",{"a.py":"import functools\n@functools.cache\ndef g():\n    revision = 'q'\n    return revision\n"+A})
case("class body",{"a.py":A+"\nclass M:\n    revision = 'q'\n    down_revision = 'w'\n"})
case("backslash",{"a.py":"revision = \\\n    'a1'\ndown_revision \\\n = None\ndef upgrade(): pass\n"})
case("comment end",{"a.py":"revision = 'a1'  # 'zz'\ndown_revision = None # x = 1\ndef upgrade(): pass\n"})
case("comment in tuple",{"a.py":A,"b.py":R("'b2'","(  # the parents = 'x'\n    'a1',  # here\n)")})
case("escapes",{"a.py":R(r"'a\x31'","None"),"b.py":R(r"'b\u0032'",r"'a\61'")})
case("unicode id",{"a.py":R("'é1'","None"),"b.py":R("'b2'","'é1'")})
case("nfkc name",{"a.py":"reviſion='zz'\n"+A})
case("long id",{"a.py":R("'0001_add_a_very_long_name_of_a_revision_x'","None")})
case("id space",{"a.py":R("'a 1'","None")})
case("id at",{"a.py":R("'a@1'","None")})
case("id plus",{"a.py":R("'a+1'","None")})
case("id dash",{"a.py":R("'-a1'","None")})
case("id colon",{"a.py":R("'a:1'","None")})
case("id empty",{"a.py":R("''","None")})
case("id head",{"a.py":R("'head'","None")})
case("id base",{"a.py":R("'base'","None")})
case("dup id",{"a.py":A,"b.py":A})
case("missing parent",{"a.py":A,"b.py":R("'b2'","'nope'")})
case("missing dep",{"a.py":A,"b.py":R("'b2'","'a1'","depends_on='nope'\n")})
case("cycle",{"a.py":R("'a1'","'b2'"),"b.py":R("'b2'","'a1'")})
case("self",{"a.py":R("'a1'","'a1'")})
case("two heads",{"a.py":A,"b.py":R("'b2'","'a1'"),"c.py":R("'c3'","'a1'")})
case("two bases",{"a.py":A,"b.py":R("'b2'","None"),"m.py":R("'m'","('a1','b2')")})
case("cross dep",{"a.py":A,"b.py":R("'b2'","'a1'"),"c.py":R("'c3'","'a1'","depends_on=('b2',)\n")})
case("dup label",{"a.py":R("'a1'","None","branch_labels='x'\n"),"b.py":R("'b2'","'a1'","branch_labels='x'\n")})
case("label eq id",{"a.py":R("'a1'","None","branch_labels='b2'\n"),"b.py":R("'b2'","'a1'")})
case("tstring prefix",{"a.py":R("u'a1'","None")})
case("triple",{"a.py":R("'''a1'''","None")})
case("tabs",{"a.py":A+"\ndef x():\n\tif 1:\n\t\trevision='q'\n"})
case("globals()",{"a.py":"globals()['revision']='a1'\ndown_revision=None\ndef upgrade(): pass\n"})
case("star import",{"a.py":"from os.path import *\n"+A})
case("exec",{"a.py":"exec(\"revision='a1'\")\ndown_revision=None\ndef upgrade(): pass\n"})
case("del rev",{"a.py":"revision='zz'\ndel revision\nrevision='a1'\ndown_revision=None\ndef upgrade(): pass\n"})
case("for",{"a.py":"for revision in ['zz','a1']:\n    pass\ndown_revision=None\ndef upgrade(): pass\n"})
case("with as",{"a.py":A+"\nimport contextlib\nwith contextlib.nullcontext('zz') as revision:\n    pass\n"})
case("import as rev",{"a.py":A+"\nimport os as revision\n"})
case("def revision",{"a.py":A+"\ndef revision():\n    pass\n"})
case("except as",{"a.py":A+"\ntry:\n    1/0\nexcept ZeroDivisionError as depends_on:\n    pass\n"})
case("augmented",{"a.py":"revision = 'a'\nrevision += '1'\ndown_revision=None\ndef upgrade(): pass\n"})
case("unpack star",{"a.py":"revision, *_ = ['a1', 2]\ndown_revision=None\ndef upgrade(): pass\n"})
case("list append",{"a.py":A,"b.py":"revision='b2'\ndown_revision=[]\ndown_revision.append('a1')\ndef upgrade(): pass\n"})
case("subscript set",{"a.py":A,"b.py":"revision='b2'\ndown_revision=['x']\ndown_revision[0]='a1'\ndef upgrade(): pass\n"})
case("later func def",{"a.py":A+"\ndef f(revision='q'):\n    return revision\nf(revision='z')\n"})
case("dict",{"a.py":R("'a1'","None","X = {'revision': 'z',\n'a': 1}\n")})
case("lambda",{"a.py":A+"\nf = lambda: revision\n"})
case("if one-line else",{"a.py":"if 1: revision='a1'\nelse: revision='b'\ndown_revision=None\ndef upgrade(): pass\n"})
case("prefix amb",{"a.py":R("'abc1'","None"),"b.py":R("'abc2'","'abc1'"),"z.py":R("'z'","'abc2'","depends_on='abc'\n")})
case("none word",{"a.py":R("'a1'","'None'")})
case("dep on ancestor",{"a.py":A,"b.py":R("'b2'","'a1'","depends_on='a1'\n")})

def answer(folder):
    config = Config()
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory.from_config(config)
    parents = {each.revision: sorted(each._all_down_revisions) for each in script.walk_revisions("base", "heads")}
    return {"heads": sorted(script.get_heads()), "parents": parents}


root = pathlib.Path(sys.argv[1])
for name, files in CASES.items():
    folder = root / name.replace(" ", "_")
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text("")
    for file, text in files.items():
        path = folder / "versions" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        told = answer(folder)
    except BaseException as error:  # SystemExit of a file too
        told = {"error": f"{type(error).__name__}: {error}"}
    shutil.rmtree(folder / "versions" / "__pycache__", ignore_errors=True)
    print(json.dumps({"name": name, "folder": str(folder), **told}))
