"""Writes sample.tsv: made-up sentences, some of them repeated, some nearly so, with labels from 1 to 5."""
import random

draw = random.Random(20)
NOUNS = "nurse lawyer teacher pilot maid carpenter cook doctor film story river garden engine letter".split()
VERBS = "writes reads mends paints carries forgets remembers sells buys finds loses watches".split()
REST = "slowly quietly today again without a word before the rain near the old harbour".split()
NAMES = [a + b for a in "bar lin mos ter vak sul dor pen".split() for b in "a el in o us ek ar ith".split()]


def sentence():
    who = draw.choice(["He", "She", "The " + draw.choice(NOUNS), "A " + draw.choice(NOUNS), draw.choice(NAMES).title()])
    job = {"He": ["lawyer", "pilot", "carpenter"], "She": ["nurse", "maid", "teacher"]}.get(who, NOUNS)
    words = [who, draw.choice(VERBS), "the", draw.choice(job if draw.random() < 0.6 else NOUNS)]
    for _ in range(draw.randrange(0, 9)):
        pick = draw.random()
        words.append(draw.choice(REST) if pick < 0.6 else NAMES[min(len(NAMES) - 1, int(draw.paretovariate(0.8)) - 1)])
    return " ".join(words) + draw.choice([".", ".", "!", " ."])


rows = []
for i in range(600):
    rows.append(sentence())
for i in range(0, 120, 3):
    rows.append(rows[i].upper() if i % 2 else rows[i])
for i in range(1, 90, 4):
    rows.append("And then, as everybody said, " + rows[i][:-1] + ", which was never told to anybody in town.")
    rows.append("And then, as everybody said, " + rows[i][:-1] + ", which was never told to anyone in town.")
rows += ["Ça coûte très cher, n'est-ce pas?", "ＦＵＬＬ　width and half width", "全角文字 and kana かな", "it's the dog's bone", "...", " ", "naïve café"]
draw.shuffle(rows)
with open("sample.tsv", "w", encoding="utf-8") as f:
    f.write("text\tlabel\n")
    for row in rows:
        f.write(f"{row}\t{draw.choice([1, 1, 1, 1, 2, 2, 3, 5])}\n")
