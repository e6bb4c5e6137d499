"""work.py - what a Python with its libraries computes; see work.sh."""
import array
import ctypes
import decimal
import hashlib
import itertools
import json
import math
import multiprocessing
import os
import random
import re
import sqlite3
import struct
import subprocess
import sys
import threading
import unicodedata
import zlib


def digest(data):
    return hashlib.sha256(data).hexdigest()[:32]


def numbers():
    yield "bigint", digest(str(pow(3, 20011) % (2**4423 - 1) * math.factorial(700)).encode())
    yield "pow", pow(0x123456789abcdef, 65537, 2**521 - 1) & (2**64 - 1)
    yield "sqrt", repr(sum(math.sqrt(i) for i in range(5000)))
    yield "harmonic", repr(sum(1 / i for i in range(1, 20001)))
    yield "fsum", repr(math.fsum(1 / i for i in range(1, 20001)))
    # Last bits of these depend on the routine that the C library chooses for the processor.
    yield "sines", ["%.12e" % math.sin(i * 0.37) for i in range(5)]
    yield "gamma", "%.11e" % math.gamma(7.25)
    yield "hex", [float.hex(x) for x in (0.1, 1e-310, math.pi, 2.0**-1074)]
    decimal.getcontext().prec = 120
    yield "decimal", str(decimal.Decimal(2).sqrt())
    yield "divmod", [divmod(a, b) for a in (-7, 7) for b in (-3, 3)]


def collections():
    r = random.Random(20260101)
    values = [r.getrandbits(48) for _ in range(20000)]
    yield "random", values[:3]
    yield "sort", digest(json.dumps(sorted(values)).encode())
    yield "gauss", "%.10f" % r.gauss(0, 1)
    yield "permutations", digest(repr(list(itertools.permutations(range(6)))).encode())
    yield "struct", digest(b"".join(struct.pack("<Qdhf", v, v / 3, v % 999, v % 77) for v in values[:2000]))
    yield "array", array.array("i", range(1000)).tobytes().hex()[:40]
    yield "dict", len({v % 7919: v for v in values})


def text():
    words = " ".join("w%d" % (i * i % 1009) for i in range(20000))
    yield "re", len(re.findall(r"\bw(\d)\d*\1\b", words))
    yield "sub", digest(re.sub(r"w(\d+)5", lambda m: m.group(1)[::-1], words).encode())
    yield "unicode", unicodedata.normalize("NFKD", "\u01d5\ufb01").encode().hex()
    yield "zlib", zlib.crc32(words.encode()), zlib.adler32(words.encode())
    yield "deflate", digest(zlib.compress(words.encode(), 9))
    for name in ("md5", "sha1", "sha224", "sha384", "sha512", "sha3_256", "blake2b", "blake2s"):
        yield name, hashlib.new(name, words.encode()).hexdigest()[:32]


def database():
    db = sqlite3.connect(":memory:")
    db.execute("create table t (a integer primary key, b real, c text)")
    db.executemany("insert into t values (?, ?, ?)", ((i, i / 7, "x%d" % (i % 13)) for i in range(3000)))
    yield "sql", db.execute("select c, count(*), round(sum(b), 6) from t group by c order by 3 desc limit 3").fetchall()


def foreign():
    libc = ctypes.CDLL("libc.so.6")
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    values = (ctypes.c_int * 50)(*(i * 37 % 101 for i in range(50)))
    libc.qsort(values, 50, ctypes.sizeof(ctypes.c_int), compare(lambda a, b: a[0] - b[0]))
    yield "qsort", list(values)[::10]


def square(n):
    return n * n


def concurrent():
    total, lock = [0], threading.Lock()

    def add():
        for _ in range(500):
            with lock:
                total[0] += 1

    threads = [threading.Thread(target=add) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    yield "threads", total[0]
    with multiprocessing.get_context("fork").Pool(4) as pool:
        yield "pool", sum(pool.map(square, range(200)))
    yield "subprocess", subprocess.run(["tr", "a-z", "A-Z"], input=b"through a pipe", capture_output=True).stdout
    r, w = os.pipe()
    if os.fork() == 0:
        os.write(w, b"child")
        os._exit(9)
    yield "fork", os.read(r, 10), os.waitstatus_to_exitcode(os.wait()[1])


for chapter in (numbers, collections, text, database, foreign, concurrent):
    for line in chapter():
        print(*line)
sys.stdout.flush()
