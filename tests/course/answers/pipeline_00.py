"""What learners write in 00_pipeline: right answers, other right answers, and the wrong ones that people really make.

{grade_id of the answer cell: Answers(right=[code, …], wrong=[(code, part of the reply), …])}. A wrong answer whose slip the
check names has that part of the reply here; one that is only refused has "".
"""

from . import Answers, choice

_RULERS = "def rulers(text):\n    return {}"
_LEAK = "def leaked_share(train, test):\n    return {}"
_COUNT = "def count_parameters(layers, width, context, vocabulary):\n    d = width\n    return {}"
_SOFTMAX = "def softmax(logits):\n    z = logits\n    return {}"
_CROSS = (
    "def cross_entropy(logits, targets):\n    z, n = logits, np.arange(len(targets))\n    return {}"
)
_BITS = "def bits_per_byte(nats_per_token, bytes_per_token):\n    return {}"

_MERGE = """
def merge(tokens, pair, new):
    out, i = [], 0
    while i < {end}:
        if {test}:
            out.append(new)
            i += {step}
        else:
            out.append(tokens[i])
            i += 1
    return out
"""
_PAIR = "i + 1 < len(tokens) and tokens[i] == pair[0] and tokens[i + 1] == pair[1]"

_REPORT = """
floor_90M = {floor}
loss_fresh = {fresh}
loss_repeated = {repeated}
can_be = {can_be}
"""
_FLOOR = "1.69 + 410.7 / 9e7**0.28"
_FRESH = "1.69 + 406.4 / 1e9**0.34 + 410.7 / 1.8e9**0.28"
_REPEATED = "sl.MUENNIGHOFF(1e9, 1.8e9, 9e7)"


def report(floor=_FLOOR, fresh=_FRESH, repeated=_REPEATED, can_be="False"):
    return _REPORT.format(floor=floor, fresh=fresh, repeated=repeated, can_be=can_be)


def shapes(embedded="(48, 64)", hidden="(192, 64)", attention="(64, 64)", logits="(128, 64)"):
    return (
        f"shape_embedded = {embedded}\nshape_hidden = {hidden}\n"
        f"shape_attention = {attention}\nshape_logits = {logits}"
    )


def price(p="p[101]", bits="-np.log2(p[101])", likeliest="chr(p.argmax())"):
    return (
        "p = np.exp(next_logits - next_logits.max())\np /= p.sum()\n"
        f"p_e = {p}\nbits_e = {bits}\nlikeliest = {likeliest}"
    )


ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_accuracy = 12", "guess_accuracy = np.float64(0.8)", "guess_accuracy = 100"],
        wrong=[
            ("guess_accuracy = 120", "in per cent"),
            ("guess_accuracy = -1", "in per cent"),
            ("guess_accuracy = 0.4", "in per cent"),
            ("guess_accuracy = '12 %'", "quotation marks"),
            ("guess_accuracy = True", "truth value"),
            ("guess_accuracy = [10, 20]", "one number"),
            ("guess_accuracy = float('nan')", ""),
        ],
    ),
    "ex2_rulers": Answers(
        right=[
            (
                "def rulers(text):\n"
                "    d={'c':len(text),'b':len(text.encode()),'w':len(text.split())}\n"
                "    return list(d.values())"
            ),
            _RULERS.format("len(text), len(text.encode()), len(text.split())"),
            _RULERS.format("[len(text), len(bytes(text, 'utf8')), len(text.split())]"),
            "import re\ndef rulers(text):\n"
            "    bytes_ = sum(len(c.encode('utf-8')) for c in text)\n"
            "    return np.array([sum(1 for _ in text), bytes_, len(re.findall(r'\\S+', text))])",
        ],
        wrong=[
            (
                (
                    "import re\n"
                    "def rulers(text):\n"
                    "    return len(text), len(text.encode()), len(re.findall(r'\\w+', text))"
                ),
                '"€" is a word, too: anything between',
            ),
            (
                (
                    "def rulers(text):\n"
                    "    return len(text.replace(' ','')), len(text.encode()), len(text.split("
                    "))"
                ),
                "Spaces are characters, too: count",
            ),
            (
                (
                    "def rulers(text):\n"
                    "    return len(text), len(text.encode()), len([w for w in text.split(' ') "
                    "if w])"
                ),
                "White space of any kind ends a word:",
            ),
            (
                ("def rulers(text):\n    return len(text), len(text.encode()), text.count(' ')+1"),
                "There is no word between two spaces",
            ),
            (
                (
                    "def rulers(text):\n"
                    "    return len(text), len(text.encode('latin-1','replace')), len("
                    "text.split())"
                ),
                "The bytes are counted as characters:",
            ),
            (_RULERS.format("len(text), len(text), len(text.split())"), "encode the text"),
            (
                _RULERS.format("len(text.encode()), len(text), len(text.split())"),
                "changed places",
            ),
            (
                _RULERS.format("len(text), len(text.encode()), len(text.split(' '))"),
                "word between two spaces",
            ),
            (
                _RULERS.format("len(text), len(text.encode()), text.count(' ')"),
                "not the spaces",
            ),
            (
                _RULERS.format("len(text), len(text.encode('ascii', 'ignore')), len(text.split())"),
                "were dropped",
            ),
            (
                _RULERS.format("len(text), len(text.split()), len(text.encode())"),
                "The order is",
            ),
            (
                _RULERS.format(
                    "len(text), len(text) + sum(not c.isascii() for c in text), len(text.split())"
                ),
                "takes three",
            ),
            (_RULERS.format("len(text), len(text.encode())"), "shape"),
            (_RULERS.format("len(text), len(text.encode('ascii')), 3"), "UnicodeEncodeError"),
            (_RULERS.format("len(text), len(text.encode('utf-16')), len(text.split())"), ""),
            (
                "def rulers(text):\n    print(len(text), len(text.encode()), len(text.split()))",
                "returned None",
            ),
        ],
    ),
    "ex3b_raw_tokens": choice(
        "answer_3b",
        "c",
        {"a": "keep the text", "b": "tokens of several bytes are fewer", "d": "good toy"},
    ),
    "ex3a_merge": Answers(
        right=[
            (
                "def merge(tokens, pair, new):\n"
                "    if len(tokens)<2: return list(tokens)\n"
                "    if tuple(tokens[:2])==tuple(pair): return [new]+merge(tokens[2:],pair,"
                "new)\n"
                "    return [tokens[0]]+merge(tokens[1:],pair,new)"
            ),
            _MERGE.format(end="len(tokens)", test=_PAIR, step=2),
            _MERGE.format(end="len(tokens)", test="list(tokens[i:i + 2]) == list(pair)", step=2),
            """
def merge(tokens, pair, new):
    out = []
    for token in tokens:
        if out and (out[-1], token) == tuple(pair):
            out[-1] = new
        else:
            out.append(token)
    return tuple(out)
""",
            """
def merge(tokens, pair, new):
    def parts(tokens):
        it = iter(range(len(tokens)))
        for i in it:
            if tuple(tokens[i:i + 2]) == pair:
                next(it)
                yield new
            else:
                yield tokens[i]
    return np.array(list(parts(tokens)), dtype=int)
""",
        ],
        wrong=[
            (
                (
                    "def merge(tokens, pair, new):\n"
                    "    o=[];i=0\n"
                    "    while i<len(tokens):\n"
                    "        if i+1<len(tokens) and set(tokens[i:i+2])==set(pair): o.append("
                    "new); i+=2\n"
                    "        else: o.append(tokens[i]); i+=1\n"
                    "    return o"
                ),
                "The order counts: only the first token",
            ),
            (
                (
                    "def merge(tokens, pair, new):\n"
                    "    o=[];i=len(tokens)-1\n"
                    "    while i>=0:\n"
                    "        if i>0 and (tokens[i-1],tokens[i])==tuple(pair): o.insert(0,new); "
                    "i-=2\n"
                    "        else: o.insert(0,tokens[i]); i-=1\n"
                    "    return o"
                ),
                "From left to right the first two are",
            ),
            (
                (
                    "def merge(tokens, pair, new):\n"
                    "    o=[];i=0\n"
                    "    while i<len(tokens):\n"
                    "        if i+1<len(tokens) and tokens[i]==pair[0]: o.append(new); i+=2\n"
                    "        else: o.append(tokens[i]); i+=1\n"
                    "    return o"
                ),
                "Only the first token of the pair is",
            ),
            (
                (
                    "def merge(tokens, pair, new):\n"
                    "    o=[]; skip=False\n"
                    "    for i in range(len(tokens)-1):\n"
                    "        if skip: skip=False; continue\n"
                    "        if (tokens[i],tokens[i+1])==tuple(pair): o.append(new); skip=True\n"
                    "        else: o.append(tokens[i])\n"
                    "    return o"
                ),
                "The last token has no partner: it",
            ),
            (
                (
                    "def merge(tokens, pair, new):\n"
                    "    o=[]; skip=False\n"
                    "    for i in range(len(tokens)-1):\n"
                    "        if skip: skip=False; continue\n"
                    "        if (tokens[i],tokens[i+1])==tuple(pair): o.append(new); skip=True\n"
                    "        else: o.append(tokens[i])\n"
                    "    return o+[tokens[-1]] if tokens else []"
                ),
                "The last token was part of a pair: do",
            ),
            (_MERGE.format(end="len(tokens)", test=_PAIR, step=1), "go on by 2"),
            (
                _MERGE.format(
                    end="len(tokens) - 1",
                    test="(tokens[i], tokens[i + 1]) == pair",
                    step=2,
                ),
                "",
            ),
            (
                "def merge(tokens, pair, new):\n"
                "    i = next(i for i in range(len(tokens)) if tuple(tokens[i:i+2]) == pair)\n"
                "    return tokens[:i] + [new] + tokens[i + 2:]",
                "Only the first",
            ),
            (
                "def merge(tokens, pair, new):\n    return [new if t in pair else t for t in tokens]",
                "one",
            ),
            (
                "def merge(tokens, pair, new):\n    return [t for t in tokens if t not in pair]",
                "nothing has taken its place",
            ),
            ("def merge(tokens, pair, new):\n    return tokens", "Nothing was merged"),
            (
                _MERGE.format(end="len(tokens)", test="(tokens[i], tokens[i + 1]) == pair", step=2),
                "IndexError",
            ),
            (
                "def merge(tokens, pair, new):\n"
                "    s = ' '.join(map(str, tokens)).replace(f'{pair[0]} {pair[1]}', str(new))\n"
                "    return [int(x) for x in s.split()]",
                "",
            ),
            (
                _MERGE.format(end="len(tokens)", test=_PAIR, step=2).replace("return out", "out"),
                "returned None",
            ),
            ("def merge(tokens, pair, new):\n    return 5", "has 1 tokens"),
            ("def merge(tokens, pair, new):\n    return 'ab'", ""),
            (
                (
                    "def merge(tokens, pair, new):\n"
                    "    i = 0\n"
                    "    while i < len(tokens) - 1:\n"
                    "        if (tokens[i], tokens[i + 1]) == tuple(pair):\n"
                    "            tokens[i : i + 2] = [new]\n"
                    "        i += 1\n"
                    "    return tokens"
                ),
                "changed its input",
            ),
            (
                (
                    "def merge(tokens, pair, new):\n"
                    "    out, i = [], 0\n"
                    "    while i < len(tokens):\n"
                    "        if i + 1 < len(tokens) and (tokens[i], tokens[i + 1]) == tuple(pair):\n"
                    "            out.append(256)\n"
                    "            i += 2\n"
                    "        else:\n"
                    "            out.append(tokens[i])\n"
                    "            i += 1\n"
                    "    return out"
                ),
                "256 is typed in",
            ),
            (
                (
                    "def merge(tokens, pair, new):\n"
                    "    parts = bytes(tokens).split(bytes(pair))\n"
                    "    out = list(parts[0])\n"
                    "    for q in parts[1:]:\n"
                    "        out += [new] + list(q)\n"
                    "    return out"
                ),
                "bytes must be in range",
            ),
        ],
    ),
    "ex4_leak": Answers(
        right=[
            (
                "from collections import Counter\n"
                "def leaked_share(train, test):\n"
                "    c=Counter(test)\n"
                "    return sum(n for p,n in c.items() if p in set(train))/sum(c.values())"
            ),
            _LEAK.format("np.mean([p in train for p in test])"),
            _LEAK.format("np.isin(test, list(set(train))).mean()"),
            "def leaked_share(train, test):\n"
            "    known, hits = set(train), 0\n"
            "    for p in test:\n"
            "        if p in known:\n"
            "            hits += 1\n"
            "    return hits / len(test)",
        ],
        wrong=[
            (
                (
                    "def leaked_share(train, test):\n"
                    "    return sum(p in train for p in test)/len(train)"
                ),
                "The right paragraphs were counted:",
            ),
            (
                (
                    "def leaked_share(train, test):\n"
                    "    return sum(p in train for p in test)/(len(train)+len(test))"
                ),
                "The right paragraphs were counted:",
            ),
            (
                (
                    "def leaked_share(train, test):\n"
                    "    a,b=set(train),set(test)\n"
                    "    return len(a&b)/len(a|b)"
                ),
                "Divide by the number of test",
            ),
            (
                (
                    "def leaked_share(train, test):\n"
                    "    t={p.strip().lower() for p in train}\n"
                    "    return np.mean([p.strip().lower() in t for p in test])"
                ),
                "Word for word: capital and small",
            ),
            (
                (
                    "def leaked_share(train, test):\n"
                    "    return round(sum(p in train for p in test)/len(test),1)"
                ),
                "The right paragraphs were counted:",
            ),
            (_LEAK.format("sum(p in train for p in test)"), "number of paragraphs"),
            (_LEAK.format("100 * np.mean([p in train for p in test])"), "per cent"),
            (_LEAK.format("np.mean([p not in train for p in test])"), "did not leak"),
            (_LEAK.format("np.mean([p in test for p in train])"), "starts from the test"),
            (
                _LEAK.format("len(set(train) & set(test)) / len(set(test))"),
                "do not make a set of the test",
            ),
            (_LEAK.format("len(set(train) & set(test)) / len(test)"), "comes twice"),
            (_LEAK.format("np.mean([p in ' '.join(train) for p in test])"), ""),
            (
                _LEAK.format("np.mean([any(p in q for q in train) for p in test])"),
                "not a whole paragraph",
            ),
            (_LEAK.format("set(train) & set(test)"), "type set"),
            (
                (
                    "def leaked_share(train, test):\n"
                    "    return sum(any(t in p for t in train) for p in test) / len(test)"
                ),
                "A training paragraph may be part of a longer",
            ),
            (
                (
                    "def leaked_share(train, test):\n"
                    "    return sum(any(p in t for t in train) for p in test) / len(test)"
                ),
                '"eta" is part of "beta", but not a whole',
            ),
        ],
    ),
    "ex5a_count": Answers(
        right=[
            (
                "def count_parameters(layers, width, context, vocabulary):\n"
                "    n=width*vocabulary+width*context\n"
                "    for _ in range(layers): n+=3*width*width+width*width+2*4*width*width\n"
                "    return n"
            ),
            _COUNT.format("12 * layers * d**2 + (vocabulary + context) * d"),
            _COUNT.format(
                "float(sum([vocabulary * d, context * d] + layers * [3*d*d, d*d, 4*d*d, 4*d*d]))"
            ),
            "def count_parameters(layers, width, context, vocabulary):\n"
            "    return sl.Transformer(layers, width, context, vocabulary, learned_positions=True).N",
        ],
        wrong=[
            (
                (
                    "def count_parameters(layers, width, context, vocabulary):\n"
                    "    return layers*(3*width**2+8*width**2)+width*(vocabulary+context)"
                ),
                "A layer has 12 d²: 3 of qkv, 1 of out,",
            ),
            (
                (
                    "def count_parameters(layers, width, context, vocabulary):\n"
                    "    d=width\n"
                    "    return layers*(12*d*d+9*d)+d*(vocabulary+context)"
                ),
                "Nothing else has parameters here: no",
            ),
            (
                (
                    "def count_parameters(layers, width, context, vocabulary):\n"
                    "    d=width\n"
                    "    return layers*(12*d*d+4*d)+d*(vocabulary+context)"
                ),
                "Nothing else has parameters here: no",
            ),
            (
                (
                    "def count_parameters(layers, width, context, vocabulary):\n"
                    "    d=width\n"
                    "    return layers*12*d*d+d*vocabulary*context"
                ),
                "Embedding and positions are two",
            ),
            (
                (
                    "def count_parameters(layers, width, context, vocabulary):\n"
                    "    d=48\n"
                    "    return layers*12*d*d+d*(vocabulary+context)"
                ),
                "The result is the same whatever width",
            ),
            (_COUNT.format("12 * layers * d**2"), "layers alone"),
            (_COUNT.format("12 * d**2 + (vocabulary + context) * d"), "Only one layer"),
            (_COUNT.format("layers * (12 * d**2 + (vocabulary + context) * d)"), "not once"),
            (_COUNT.format("12 * layers * d**2 + (2 * vocabulary + context) * d"), "used again"),
            (_COUNT.format("12 * layers * d**2 + vocabulary * d"), "positions are missing"),
            (_COUNT.format("12 * layers * d**2 + context * d"), "embedding is missing"),
            (_COUNT.format("8 * layers * d**2 + (vocabulary + context) * d"), "MLP is missing"),
            (_COUNT.format("10 * layers * d**2 + (vocabulary + context) * d"), "qkv"),
            (_COUNT.format("12 * layers * d**2 + 2 * vocabulary * d"), "used again, and"),
            (_COUNT.format("64512"), ""),
            (
                (
                    "def count_parameters(layers, width, context, vocabulary):\n"
                    "    return 24 * width**2 + (vocabulary + context) * width"
                ),
                "Two layers are typed in",
            ),
            (
                (
                    "def count_parameters(layers, width, context, vocabulary):\n"
                    "    return 8 * layers * width**2 + (vocabulary + context) * width"
                ),
                "One of the two matrices of the MLP is missing",
            ),
        ],
    ),
    "ex5b_suits": Answers(
        right=["answer_5b = 4.5", "answer_5b = 90e6 / 20 / 1e6", "answer_5b = np.float32(4.5)"],
        wrong=[
            ("answer_5b = 1800", "divide"),
            ("answer_5b = 4_500_000", "asks for millions"),
            ("answer_5b = 5.0", "held out"),
            ("answer_5b = 0.9", "tokens per parameter"),
            ("answer_5b = 20 / 90", "upside down"),
            ("answer_5b = '4.5'", "without quotation marks"),
            ("answer_5b = 100", ""),
        ],
    ),
    "ex6a_softmax": Answers(
        right=[
            (
                "from scipy.special import logsumexp\n"
                "def softmax(logits):\n"
                "    return np.exp(logits-logsumexp(logits,axis=1,keepdims=True))"
            ),
            "def softmax(logits):\n"
            "    e = np.exp(logits - np.max(logits, axis=-1, keepdims=True))\n"
            "    return e / np.sum(e, axis=-1, keepdims=True)",
            "from scipy.special import softmax as _s\ndef softmax(logits):\n    return _s(logits, axis=1)",
            "import math\ndef softmax(logits):\n"
            "    rows = []\n"
            "    for z in logits:\n"
            "        e = [math.exp(x - max(z)) for x in z]\n"
            "        rows.append([x / sum(e) for x in e])\n"
            "    return rows",
            "def softmax(logits):\n"
            "    z = logits.T - logits.max(1)\n"
            "    return np.exp(z - np.log(np.exp(z).sum(0))).T",
        ],
        wrong=[
            (
                (
                    "def softmax(logits):\n"
                    "    z=logits/logits.max(axis=1,keepdims=True)\n"
                    "    e=np.exp(z)\n"
                    "    return e/e.sum(axis=1,keepdims=True)"
                ),
                "The logits are divided by the largest",
            ),
            (
                (
                    "def softmax(logits):\n"
                    "    e=np.exp(logits-logits.max(axis=0))\n"
                    "    return e/e.sum(axis=0)"
                ),
                "The sums run over the columns: use",
            ),
            (
                (
                    "def softmax(logits):\n"
                    "    e=2.0**(logits-logits.max(axis=1,keepdims=True))\n"
                    "    return e/e.sum(axis=1,keepdims=True)"
                ),
                "The base is e, not 2: use",
            ),
            (
                (
                    "def softmax(logits):\n"
                    "    e=10.0**(logits-logits.max(axis=1,keepdims=True))\n"
                    "    return e/e.sum(axis=1,keepdims=True)"
                ),
                "The base is e, not 10: use",
            ),
            (
                (
                    "def softmax(logits):\n"
                    "    e=np.exp(np.clip(logits,-500,500))\n"
                    "    return e/e.sum(axis=1,keepdims=True)"
                ),
                "Large logits were cut off, so that two",
            ),
            (
                _SOFTMAX.format("np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)"),
                "subtract the largest",
            ),
            (_SOFTMAX.format("np.exp(z) / np.exp(z).sum()"), "over both rows"),
            (_SOFTMAX.format("np.exp(z) / np.exp(z).sum(axis=0)"), "over the columns"),
            (_SOFTMAX.format("np.exp(z)"), "divide each"),
            (_SOFTMAX.format("z / z.sum(axis=1, keepdims=True)"), "exponential is missing"),
            (
                _SOFTMAX.format("np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=1)[:, None]"),
                "subtract the largest logit of each row",
            ),
            (_SOFTMAX.format("np.exp(z - z.max(axis=1, keepdims=True))"), "do not sum to 1"),
            (_SOFTMAX.format("np.exp(z) / np.exp(z).sum(axis=1)"), ""),
            (
                _SOFTMAX.format("z - np.log(np.exp(z).sum(axis=1, keepdims=True))"),
                "logarithms of the probabilities",
            ),
            (_SOFTMAX.format("(z == z.max(axis=1, keepdims=True)) * 1.0"), ""),
            (
                (
                    "def softmax(logits):\n"
                    "    logits -= logits.max(axis=1, keepdims=True)\n"
                    "    p = np.exp(logits)\n"
                    "    return p / p.sum(axis=1, keepdims=True)"
                ),
                "changed its input",
            ),
        ],
    ),
    "ex6b_cross_entropy": Answers(
        right=[
            (
                "def cross_entropy(logits, targets):\n"
                "    return float(np.mean(np.logaddexp.reduce(logits,"
                "axis=1)-logits[np.arange(len(targets)),targets]))"
            ),
            "def cross_entropy(logits, targets):\n"
            "    m = logits.max(axis=1, keepdims=True)\n"
            "    log_p = logits - m - np.log(np.exp(logits - m).sum(axis=1, keepdims=True))\n"
            "    return -log_p[np.arange(len(targets)), targets].mean()",
            "from scipy.special import logsumexp\n"
            "def cross_entropy(logits, targets):\n"
            "    picked = np.take_along_axis(logits, np.asarray(targets)[:, None], axis=1)[:, 0]\n"
            "    return float((logsumexp(logits, axis=1) - picked).mean())",
            "import math\ndef cross_entropy(logits, targets):\n"
            "    total = 0\n"
            "    for z, t in zip(logits, targets):\n"
            "        total += max(z) + math.log(sum(math.exp(x - max(z)) for x in z)) - z[t]\n"
            "    return total / len(targets)",
        ],
        wrong=[
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    m=logits.max(axis=1,keepdims=True)\n"
                    "    return (np.log(np.exp(logits-m).sum(axis=1))-logits[np.arange(len("
                    "targets)),targets]).mean()"
                ),
                "The largest logit was subtracted inside",
            ),
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    z=logits-logits.max()\n"
                    "    return (np.log(np.exp(z).sum(axis=1))-z[np.arange(len(targets)),"
                    "targets]).mean()"
                ),
                "Use the formula with the largest",
            ),
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    p=softmax(logits)[np.arange(len(targets)),targets]\n"
                    "    return -np.log(np.maximum(p,1e-300)).mean()"
                ),
                "Use the",
            ),
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    z=logits-logits.max(axis=1,keepdims=True)\n"
                    "    return (np.log(np.exp(z).sum(axis=1))-z[np.arange(len(targets)),"
                    "targets]).sum()/logits.shape[1]"
                ),
                "The sum is divided by the size of the",
            ),
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    z=logits-logits.max(axis=1,keepdims=True)\n"
                    "    return (np.log(np.exp(z).sum(axis=1))-z[np.arange(len(targets)),"
                    "targets]).sum()/logits.size"
                ),
                "The sum is divided by the number of",
            ),
            (
                _CROSS.format("-np.log(softmax(z)[n, targets]).mean()"),
                "a probability became 0",
            ),
            (
                _CROSS.format("(np.log(np.exp(z).sum(axis=1)) - z[n, targets]).mean()"),
                "overflowed",
            ),
            (_CROSS.format("np.log(softmax(z)[n, targets]).mean()"), "minus that"),
            (_CROSS.format("-np.log(softmax(z)[n, targets]).sum()"), "That is the sum"),
            (_CROSS.format("-np.log2(softmax(z)[n, targets]).mean()"), "in bits"),
            (_CROSS.format("softmax(z)[n, targets].mean()"), "mean probability"),
            (_CROSS.format("-np.log(softmax(z)[n, targets].mean())"), "before the logarithm"),
            (_CROSS.format("-z[n, targets].mean()"), "logarithm of the sum is missing"),
            (_CROSS.format("z[n, targets].mean()"), "softmax is missing"),
            (_CROSS.format("np.log(np.exp(z).sum(axis=1)).mean()"), "not subtracted"),
            (_CROSS.format("-np.log(softmax(z).max(axis=1)).mean()"), "likeliest token"),
            (_CROSS.format("-np.log(softmax(z)).mean()"), "Only the target"),
            (_CROSS.format("-np.log(softmax(z)[n, targets] + 1e-12).mean()"), ""),
            (_CROSS.format("-np.log(softmax(z)[n, targets])"), "one number"),
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    logits -= logits.max(axis=1, keepdims=True)\n"
                    "    return np.mean(\n"
                    "        np.log(np.exp(logits).sum(axis=1))\n"
                    "        - logits[np.arange(len(targets)), targets]\n"
                    "    )"
                ),
                "changed its input",
            ),
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    p = np.exp(logits - logits.max(axis=1, keepdims=True))\n"
                    "    p /= p.sum(axis=1, keepdims=True)\n"
                    "    return -np.mean(np.log(p[np.arange(len(targets)), targets] + 1e-12))"
                ),
                "A small number was added to p",
            ),
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    p = np.exp(logits - logits.max(axis=1, keepdims=True))\n"
                    "    p /= p.sum(axis=1, keepdims=True)\n"
                    "    return -np.mean(np.log(p[:, targets]))"
                ),
                "takes these columns from every row",
            ),
            (
                (
                    "def cross_entropy(logits, targets):\n"
                    "    m = logits.max(axis=1)\n"
                    "    return np.mean(\n"
                    "        np.log(np.exp(logits - m[:, None]).sum(axis=1))\n"
                    "        - logits[np.arange(len(targets)), targets]\n"
                    "    )"
                ),
                "The largest logit was subtracted inside the",
            ),
        ],
    ),
    "ex7_first_loss": Answers(
        right=[
            ("first_loss_bytes, first_loss_gpt2 = pd.Series([128,50257]).apply(np.log)"),
            "first_loss_bytes, first_loss_gpt2 = np.log(128), np.log(50257)",
            "first_loss_bytes = 4.852\nfirst_loss_gpt2 = 10.825",
            "import math\nfirst_loss_bytes = -math.log(1 / 128)\nfirst_loss_gpt2 = [-math.log(1 / 50257)]",
        ],
        wrong=[
            (
                ("first_loss_bytes=8*np.log(2)\nfirst_loss_gpt2=np.log(50257)"),
                "The bytes of our text are ASCII: 128 of",
            ),
            (
                ("first_loss_bytes=np.log(2)\nfirst_loss_gpt2=np.log(2)"),
                "That is a choice between two: here",
            ),
            (
                ("first_loss_bytes=np.log(127)\nfirst_loss_gpt2=np.log(50256)"),
                "All V tokens get the same bet, the",
            ),
            (
                ("first_loss_bytes=1-1/128\nfirst_loss_gpt2=1-1/50257"),
                "That is the probability of being wrong:",
            ),
            (
                ("first_loss_gpt2=np.log(128)\nfirst_loss_bytes=np.log(50257)"),
                "The two numbers changed",
            ),
            ("first_loss_bytes, first_loss_gpt2 = 7, np.log2(50257)", "in bits"),
            (
                "first_loss_bytes, first_loss_gpt2 = np.log10(128), np.log10(50257)",
                "decimal",
            ),
            ("first_loss_bytes, first_loss_gpt2 = np.log(256), np.log(50257)", "ASCII"),
            ("first_loss_bytes, first_loss_gpt2 = np.log(50257), np.log(128)", ""),
            ("first_loss_bytes, first_loss_gpt2 = np.log(1/128), np.log(1/50257)", "from 0.1"),
            ("first_loss_bytes, first_loss_gpt2 = 1/128, 1/50257", "neither p nor V"),
            ("first_loss_bytes, first_loss_gpt2 = np.log(128), None", "no value yet"),
            ("first_loss_bytes, first_loss_gpt2 = 5.26, 10.8", ""),
            (
                ("first_loss_bytes = np.log(50257)\nfirst_loss_gpt2 = np.log(128)"),
                "The two numbers changed places",
            ),
        ],
    ),
    "ex8_slope": Answers(
        right=[
            ("h=1e-3\nh=1e-4\nslope=(loss_at(weight+h)-loss_at(weight-h))/(2*h)"),
            "h = 1e-3\nslope = (loss_at(weight + h) - loss_at(weight - h)) / 2 / h",
            "h = 1e-4\nslope = (loss_at(weight + h) - loss_at(weight - h)) / (2 * h)",
            "slope = np.gradient([loss_at(weight + i * 1e-3) for i in (-1, 0, 1)], 1e-3)[1]",
            "a, b = weight - 1e-3, weight + 1e-3\nslope = (loss_at(a) - loss_at(b)) / (a - b)",
        ],
        wrong=[
            (
                ("h=1e-3\nslope=(loss_at(weight+2*h)-loss_at(weight))/(2*h)"),
                "That is the one-sided difference: one",
            ),
            (
                ("h=1e-3\nslope=abs((loss_at(weight+h)-loss_at(weight-h))/(2*h))"),
                "The sign is off: the loss at w + h",
            ),
            (
                ("h=1e-3\nslope=(loss_at(weight+h)-2*loss_at(weight)+loss_at(weight-h))/h**2"),
                "That is the second derivative, how the",
            ),
            (
                ("h=1e-3\nh=1\nslope=(loss_at(weight+h)-loss_at(weight-h))/(2*h)"),
                "The step is 1: 10^-3 is",
            ),
            (
                ("h=1e-3\nh=1e3\nslope=(loss_at(weight+h)-loss_at(weight-h))/(2*h)"),
                "The step is 1,000: 10^-3 is",
            ),
            ("h = 1e-3\nslope = (loss_at(weight + h) - loss_at(weight)) / h", "one-sided"),
            ("h = 1e-3\nslope = (loss_at(weight) - loss_at(weight - h)) / h", "one-sided"),
            ("h = 1e-3\nslope = (loss_at(weight + h) - loss_at(weight - h)) / h", "2h apart"),
            (
                "h = 1e-3\nslope = (loss_at(weight - h) - loss_at(weight + h)) / (2 * h)",
                "sign is off",
            ),
            ("h = 1e-3\nslope = loss_at(weight + h) - loss_at(weight - h)", "Divide"),
            (
                "h = 1e-3\nslope = (loss_at(weight + h) - loss_at(weight - h)) / 2 * h",
                "parentheses",
            ),
            ("h = 1e-3\nslope = (loss_at(h) - loss_at(-h)) / (2 * h)", ""),
            ("slope = loss_at", "forget to call"),
        ],
    ),
    "ex9_read": Answers(
        right=[
            ("bytes_small=2.5e6\nbytes_large=1.0e5"),
            "bytes_small, bytes_large = 2_700_000, 110_000",
            "bytes_small, bytes_large = 2.3e6, 1.0e5",
            "bytes_small, bytes_large = 3e6, np.float64(120e3)",
        ],
        wrong=[
            ("bytes_small, bytes_large = 1.1e5, 2.7e6", "other model"),
            ("bytes_small, bytes_large = 2.7e5, 1.1e5", "ten times too few"),
            ("bytes_small, bytes_large = 2.7, 0.11", "in bytes"),
            ("bytes_small, bytes_large = 2.7e6, 1.1e6", "ten times too many"),
            ("bytes_small, bytes_large = 2.7e6, 2e5", ""),
            ("bytes_small, bytes_large = 1e6, 1e5", ""),
            ("bytes_small, bytes_large = '2.7M', '110k'", "quotation marks"),
        ],
    ),
    "ex10_debug": Answers(
        right=[
            (
                "def bits_per_byte(nats_per_token, bytes_per_token):\n"
                "    return -np.log2(np.exp(-nats_per_token))/bytes_per_token"
            ),
            _BITS.format("nats_per_token / np.log(2) / bytes_per_token"),
            _BITS.format("nats_per_token * np.log2(np.e) / bytes_per_token"),
            "import math\ndef bits_per_byte(nats_per_token, bytes_per_token):\n"
            "    nats_per_byte = nats_per_token / bytes_per_token\n"
            "    return math.log2(math.exp(nats_per_byte))",
        ],
        wrong=[
            (
                (
                    "def bits_per_byte(nats_per_token, bytes_per_token):\n"
                    "    return np.exp(nats_per_token/bytes_per_token)"
                ),
                "It is 2 to the power of the right",
            ),
            (
                (
                    "def bits_per_byte(nats_per_token, bytes_per_token):\n"
                    "    return nats_per_token*8/bytes_per_token"
                ),
                "A byte has eight bits in the file, but",
            ),
            (
                (
                    "def bits_per_byte(nats_per_token, bytes_per_token):\n"
                    "    return nats_per_token*np.log(2)/bytes_per_token"
                ),
                "A bit is smaller than a nat, so there",
            ),
            (
                (
                    "def bits_per_byte(nats_per_token, bytes_per_token):\n"
                    "    return nats_per_token/np.log(2)*bytes_per_token"
                ),
                "A token of 2.5 bytes costs what 2.5",
            ),
            (
                (
                    "def bits_per_byte(nats_per_token, bytes_per_token):\n"
                    "    return np.log2(nats_per_token)/bytes_per_token"
                ),
                "The loss is a price already: do not",
            ),
            (_BITS.format("nats_per_token * np.log(2) * bytes_per_token"), "colleague"),
            (_BITS.format("nats_per_token / np.log(2) * bytes_per_token"), "divide"),
            (_BITS.format("nats_per_token * np.log(2) / bytes_per_token"), "smaller than a nat"),
            (_BITS.format("nats_per_token / bytes_per_token"), "step to bits"),
            (_BITS.format("nats_per_token / np.log(2)"), "step to bytes"),
            (_BITS.format("bytes_per_token / (nats_per_token / np.log(2))"), "upside down"),
            (_BITS.format("nats_per_token / np.log2(2) / bytes_per_token"), ""),
            (_BITS.format("nats_per_token / np.log10(2) / bytes_per_token"), "log10"),
            (_BITS.format("round(nats_per_token / np.log(2) / bytes_per_token, 1)"), ""),
            (
                (
                    "def bits_per_byte(nats_per_token, bytes_per_token):\n"
                    "    return np.exp(nats_per_token) / bytes_per_token"
                ),
                "That is e to the loss, a perplexity, over the",
            ),
        ],
    ),
    "ex11a_impossible": Answers(
        right=[
            (
                "floor_90M = 1.69 + 406.4/np.inf**0.34 + 410.7/(90*10**6)**0.28\n"
                "loss_fresh = 1.69+406.4/1e9**0.34+410.7/1.8e9**0.28\n"
                "loss_repeated = sl.MUENNIGHOFF(1e9,1.8e9,9e7)\n"
                "can_be = False"
            ),
            report(),
            report(
                fresh="sl.CHINCHILLA_ROUNDED(1e9, 1.8e9)",
                floor="sl.CHINCHILLA_ROUNDED(1e30, 9e7)",
                can_be="np.bool_(False)",
            ),
            report(floor="4.12", fresh="3.10", repeated="4.06"),
            report(fresh="[sl.CHINCHILLA_ROUNDED(1e9, 20 * 90e6)]", can_be="1.9 > floor_90M"),
        ],
        wrong=[
            (
                (
                    "floor_90M = 1.69+406.4/1e9**.34+410.7/9e7**.28\n"
                    "loss_fresh = 1.69+406.4/1e9**0.34+410.7/1.8e9**0.28\n"
                    "loss_repeated = sl.MUENNIGHOFF(1e9,1.8e9,9e7)\n"
                    "can_be = False"
                ),
                "That is for 1 billion parameters. For a",
            ),
            (
                (
                    "floor_90M = 1.69+406.4/1e10**.34+410.7/9e7**.28\n"
                    "loss_fresh = 1.69+406.4/1e9**0.34+410.7/1.8e9**0.28\n"
                    "loss_repeated = sl.MUENNIGHOFF(1e9,1.8e9,9e7)\n"
                    "can_be = False"
                ),
                "For a model of any size the term with N",
            ),
            (
                (
                    "floor_90M = 1.69 + 410.7/9e7**0.28\n"
                    "loss_fresh = 1.69+406.4/1e9**0.34+410.7/1.8e9**0.28\n"
                    "loss_repeated = sl.MUENNIGHOFF(1e9,2e9,1e8)\n"
                    "can_be = False"
                ),
                "Ten of the 100 million tokens are held",
            ),
            (
                (
                    "floor_90M = 1.69 + 410.7/9e7**0.28\n"
                    "loss_fresh = 1.69+406.4/1e9**0.34+410.7/1.8e9**0.28\n"
                    "loss_repeated = sl.MUENNIGHOFF(1.8e9,1e9,9e7)\n"
                    "can_be = False"
                ),
                "N and D changed",
            ),
            (
                (
                    "floor_90M = 1.69+410.7/1e8**.28\n"
                    "loss_fresh = 1.69+406.4/1e9**0.34+410.7/1.8e9**0.28\n"
                    "loss_repeated = sl.MUENNIGHOFF(1e9,1.8e9,9e7)\n"
                    "can_be = False"
                ),
                "Ten of the 100 million tokens are held",
            ),
            (report(floor="410.7 / 9e7**0.28"), "1.69 is missing"),
            (report(floor="sl.CHINCHILLA_ROUNDED(1e9, 9e7)"), "1 billion parameters"),
            (report(floor="1.69 + 410.7 / 1e8**0.28"), "held out"),
            (report(floor="1.69 + 410.7 / 1.8e9**0.28"), "1.8 billion different"),
            (report(floor="1.69"), "irreducible loss"),
            (report(floor="1.69 + 410.7 / 90**0.28"), "90 million are 9e7"),
            (report(fresh="sl.CHINCHILLA_ROUNDED(1e9, 9e7)"), "one epoch"),
            (report(fresh="sl.CHINCHILLA_ROUNDED(1e9, 2e9)"), "held out"),
            (report(fresh="sl.CHINCHILLA_ROUNDED(1.8e9, 1e9)"), "changed places"),
            (report(repeated="sl.MUENNIGHOFF(1e9, 1.8e9, 1.8e9)"), "all tokens as different"),
            (report(repeated="sl.MUENNIGHOFF(1e9, 9e7, 9e7)"), "one epoch"),
            (report(repeated=_FRESH), "first law again"),
            (report(can_be="True"), "compare 1.9"),
            (report(can_be="'False'"), "without quotation marks"),
            (report(can_be="None"), "no value yet"),
            (report(can_be="0"), "True or False"),
            (report(floor="None"), "no value yet"),
            (
                (
                    "floor_90M = 1.69 + 410.7 * 9e7**-0.28\n"
                    "loss_fresh = 1.69 + 406.4 * 1e9**-0.28 + 410.7 * 1.8e9**-0.34\n"
                    "loss_repeated = sl.MUENNIGHOFF(1e9, 1.8e9, U=9e7)\n"
                    "can_be = False"
                ),
                "The exponents changed places",
            ),
        ],
    ),
    "ex11b_floor": Answers(
        right=[
            (
                "local_exponents = [-(np.log2(L[i+1])-np.log2(L[i]))/(np.log2(t[i+"
                "1])-np.log2(t[i])) for i in range(4)]\n"
                "E_fit = curve_fit(law, t, L, p0=(1,4,0.5))[0][0]"
            ),
            "local_exponents = -np.diff(np.log(L)) / np.diff(np.log(t))\n"
            "(E_fit, A, b), _ = curve_fit(law, t, L, p0=(1, 4, 0.5))",
            "local_exponents = [-np.log(L[i + 1] / L[i]) / np.log(t[i + 1] / t[i]) for i in range(4)]\n"
            "E_fit = curve_fit(law, t, L, p0=(0, 5, 0.3))[0][0]",
            "from scipy.optimize import least_squares\n"
            "local_exponents = (0.277, 0.356, 0.430, 0.348)\n"
            "E_fit = least_squares(lambda p: law(t, *p) - L, (0, 5, 0.3), xtol=1e-14, ftol=1e-14).x[0]",
            "local_exponents = pd.Series(-np.diff(np.log10(L)) / np.diff(np.log10(t)))\nE_fit = -5.56",
        ],
        wrong=[
            (
                (
                    "local_exponents = L[:-1]/L[1:]\n"
                    "E_fit = curve_fit(law, t, L, p0=(1,4,0.5))[0][0]"
                ),
                "Those are the factors by which the loss",
            ),
            (
                (
                    "local_exponents = (-np.diff(np.log(L))/np.diff(np.log(t)))[::-1]\n"
                    "E_fit = curve_fit(law, t, L, p0=(1,4,0.5))[0][0]"
                ),
                "Those are the right values in the",
            ),
            (
                (
                    "local_exponents = -np.diff(np.log(report['accuracy']))/np.diff(np.log(t))\n"
                    "E_fit = curve_fit(law, t, L, p0=(1,4,0.5))[0][0]"
                ),
                "That is from the accuracies: use the",
            ),
            (
                (
                    "local_exponents = -np.diff(np.log10(L))/np.diff(np.log(t))\n"
                    "E_fit = curve_fit(law, t, L, p0=(1,4,0.5))[0][0]"
                ),
                "It is the right value divided by 2.303.",
            ),
            (
                (
                    "local_exponents = -np.diff(np.log(L))/np.diff(t)\n"
                    "E_fit = curve_fit(law, t, L, p0=(1,4,0.5))[0][0]"
                ),
                "Take the logarithm of the epochs, too:",
            ),
            (
                "local_exponents = np.diff(np.log(L)) / np.diff(np.log(t))\nE_fit = -5.56",
                "minus the slopes",
            ),
            (
                "local_exponents = -np.diff(L) / np.diff(t)\nE_fit = -5.56",
                "logarithms of both",
            ),
            (
                "local_exponents = -np.diff(np.log(L)) / np.diff(t)\nE_fit = -5.56",
                "logarithm of the epochs",
            ),
            (
                "local_exponents = -np.diff(L) / np.diff(np.log(t))\nE_fit = -5.56",
                "logarithm of the loss",
            ),
            (
                "local_exponents = -np.diff(np.log(t)) / np.diff(np.log(L))\nE_fit = -5.56",
                "upside down",
            ),
            (
                "local_exponents = -np.log(L[1:] / L[0]) / np.log(t[1:] / t[0])\nE_fit = -5.56",
                "",
            ),
            (
                "local_exponents = -np.diff(np.log(L)) / np.diff(np.log(t))\n"
                "E_fit = curve_fit(law, t, L, p0=(1, 4, 0.5))[0][1]",
                "That is A",
            ),
            (
                "local_exponents = -np.diff(np.log(L)) / np.diff(np.log(t))\n"
                "E_fit = curve_fit(law, t, L, p0=(1, 4, 0.5))[0][2]",
                "That is b",
            ),
            (
                "local_exponents = -np.diff(np.log(L)) / np.diff(np.log(t))\n"
                "E_fit = sl.fit_power_law(t, L).E",
                "below zero",
            ),
            (
                "local_exponents = -np.diff(np.log(L)) / np.diff(np.log(t))\n"
                "E_fit = curve_fit(law, t, L, p0=(1, 4, 0.5))",
                "",
            ),
            (
                "local_exponents = -np.diff(np.log(L)) / np.diff(np.log(t))\n"
                "E_fit = curve_fit(lambda t, *p: np.log(law(t, *p)), t, np.log(L), p0=(0, 5, 0.3))[0][0]",
                "logarithm of the loss",
            ),
            ("local_exponents = 0.32\nE_fit = -5.56", "four steps"),
            ("local_exponents = None\nE_fit = -5.56", "no value yet"),
            (
                (
                    "local_exponents = -np.diff(np.log(L)) / np.diff(np.log(t))\n"
                    "E_fit = curve_fit(law, t, L, p0=(1, 4, 0.5), bounds=(0, np.inf))[0][0]"
                ),
                "The fit was kept from going below zero",
            ),
        ],
    ),
    "ex12a_shapes": Answers(
        right=[
            (
                "shape_embedded=[48,64]\n"
                "shape_hidden=[4*48,64]\n"
                "shape_attention=(64,)*2\n"
                "shape_logits=[128,64]"
            ),
            shapes(),
            shapes("[48, 64]", "np.array([192, 64])", "[64, 64]", "(128.0, 64)"),
            "e = untrained['embedding'].shape[0]\n" + shapes("(e, 64)", "(4 * e, 64)"),
        ],
        wrong=[
            (
                (
                    "shape_embedded=(64,48)\n"
                    "shape_hidden=(64,192)\n"
                    "shape_attention=(64,64)\n"
                    "shape_logits=(64,128)"
                ),
                "Each position is a column: the length",
            ),
            (
                (
                    "shape_embedded=(48,64)\n"
                    "shape_hidden=(48,256)\n"
                    "shape_attention=(64,64)\n"
                    "shape_logits=(128,64)"
                ),
                "It is four times the width, not four",
            ),
            (
                (
                    "shape_embedded=(48,64)\n"
                    "shape_hidden=(144,64)\n"
                    "shape_attention=(64,64)\n"
                    "shape_logits=(128,64)"
                ),
                "That is qkv, three times the width. The",
            ),
            (
                (
                    "shape_embedded=(48,64)\n"
                    "shape_hidden=(192,64)\n"
                    "shape_attention=(48,48)\n"
                    "shape_logits=(128,64)"
                ),
                "Attention has one weight for each pair",
            ),
            (
                (
                    "shape_embedded=(128,48)\n"
                    "shape_hidden=(192,64)\n"
                    "shape_attention=(64,64)\n"
                    "shape_logits=(128,64)"
                ),
                "That is the embedding matrix itself.",
            ),
            (shapes("(64, 48)"), "is a column"),
            (shapes("(128, 64)"), "vocabulary is gone"),
            (shapes("(48, 128)"), "embedding matrix itself"),
            (shapes(hidden="(144, 64)"), "widens four times"),
            (shapes(hidden="(192, 48)"), "matrix `up`"),
            (shapes(attention="(48, 64)"), "pair of positions"),
            (shapes(logits="(48, 64)"), "before the output matrix"),
            (shapes(logits="(128, 1)"), "Every position"),
            (shapes(logits="128"), "a pair of numbers"),
            (shapes(logits="None"), "no value yet"),
            (shapes(attention="(1, 64)"), ""),
        ],
    ),
    "ex12b_price": Answers(
        right=[
            (
                "p = np.exp(next_logits)/np.exp(next_logits).sum()\n"
                "p_e=np.take(p,101)\n"
                "bits_e=-np.log(p_e)/np.log(2)\n"
                "likeliest=sorted(range(128),key=lambda i:p[i])[-1].__index__() and chr("
                "int(p.argmax()))"
            ),
            price(),
            price(p="float(p[ord('e')])", bits="np.log(1 / p_e) / np.log(2)"),
            "q = large.probabilities('to learn how to scal')[-1]\n"
            "p_e = q[ord('e')]\nbits_e = -np.log2(q[ord('e')])\nlikeliest = 'i'",
        ],
        wrong=[
            (
                (
                    "p = np.exp(next_logits)/np.exp(next_logits).sum()\n"
                    "p_e=p[ord('e')]\n"
                    "bits_e=-8*np.log2(p_e)\n"
                    "likeliest=chr(p.argmax())"
                ),
                "The price of the byte is in bits",
            ),
            (
                (
                    "p = np.exp(next_logits)/np.exp(next_logits).sum()\n"
                    "p_e=p[ord('e')]\n"
                    "bits_e=-p_e*np.log2(p_e)\n"
                    "likeliest=chr(p.argmax())"
                ),
                "That is p times the price. The byte",
            ),
            (
                (
                    "p = np.exp(next_logits)/np.exp(next_logits).sum()\n"
                    "p_e=p[ord('e')]\n"
                    "bits_e=-np.log10(p_e)\n"
                    "likeliest=chr(p.argmax())"
                ),
                "That is the decimal logarithm: bits go",
            ),
            (
                (
                    "p = np.exp(next_logits)/np.exp(next_logits).sum()\n"
                    "p_e=p[ord('e')]\n"
                    "bits_e=-(p*np.log2(p)).sum()\n"
                    "likeliest=chr(p.argmax())"
                ),
                "That is the entropy, the price to be",
            ),
            (
                (
                    "p = np.exp(next_logits)/np.exp(next_logits).sum()\n"
                    "p_e=p[4]\n"
                    "bits_e=-np.log2(p_e)\n"
                    "likeliest=chr(p.argmax())"
                ),
                "The place in the alphabet is not the",
            ),
            (price(p="p.max()"), "likeliest byte"),
            (price(p="100 * p[101]"), "not in per cent"),
            (price(p="next_logits[101]"), "is the softmax complete"),
            (price(p="1 - p[101]"), "all other bytes"),
            (price(bits="-np.log(p[101])"), "in nats"),
            (price(bits="-np.log(p[101]) * np.log(2)"), "divide by ln 2"),
            (price(bits="-np.log2(p.max())"), "went on with e"),
            (price(bits="np.log2(p[101])"), "from 0"),
            (price(likeliest="'e'"), "largest probability"),
            (price(likeliest="p.argmax()"), "chr(number)"),
            (price(likeliest="None"), "no value yet"),
            (
                "p_e = softmax(next_logits[:, None])[ord('e'), 0]\nbits_e = 1.6\nlikeliest = 'i'",
                "",
            ),
        ],
    ),
    "ex13a_training_course": choice(
        "answer_13a",
        "b",
        {"a": "smoothed training loss", "c": "far from random", "d": "clear fall"},
    ),
    "ex13b_layers": choice(
        "answer_13b",
        "a",
        {"b": "may have any sign", "c": "part of the shape", "d": "does have weights"},
    ),
    "ex13c_same_accuracy": Answers(
        right=["answer_13c = False", "answer_13c = 'false'", "answer_13c = np.bool_(False)"],
        wrong=[
            ("answer_13c = True", "agree on the winner"),
            ("answer_13c = 'true'", "agree on the winner"),
            ("answer_13c = 'T'", "agree on the winner"),
            ("answer_13c = 'a'", ""),
            ("answer_13c = 'maybe'", ""),
            ("answer_13c = 3.5", ""),
        ],
    ),
    "ex13d_accuracy_bound": Answers(
        right=["answer_13d = 0.312", "answer_13d = 0.45 * np.log(2)", "answer_13d = [0.3119]"],
        wrong=[
            ("answer_13d = 0.55 * np.log(2)", "misses pay"),
            ("answer_13d = -np.log(0.55)", "gives 0.55 to the right token"),
            ("answer_13d = 0.45", "in bits"),
            ("answer_13d = np.log(2)", "one miss"),
            ("answer_13d = -0.45 * np.log(0.45)", "at most 1/2"),
            ("answer_13d = '0.312'", "without quotation marks"),
            ("answer_13d = 0.31", "asks for three"),
        ],
    ),
    "ex13e_report": Answers(
        right=["answer_13e = 'ac'", "answer_13e = 'C, a'", "answer_13e = ['a', 'c']"],
        wrong=[
            ("answer_13e = 'a'", ""),
            ("answer_13e = 'abc'", "still falls"),
            ("answer_13e = 'ace'", "opposite directions"),
            ("answer_13e = 'acd'", "15 stars"),
            ("answer_13e = 'abcde'", "still falls"),
            ("answer_13e = 'b'", "still falls"),
            ("answer_13e = 'xy'", ""),
        ],
    ),
    "ex13f_insight": choice(
        "answer_13f",
        "b",
        {"a": "It shows no task", "c": "flattened far above", "d": "in this notebook more passes"},
    ),
}
