"""Golden values of small models for questions, and of the question-answering pipeline of transformers 4.

    python golden_question_answering.py ../resources/golden/question-answering

Models of two layers with random float32 weights and odd sizes are evaluated by PyTorch autograd in
float64, eager attention, dropout 0, on sequences of mixed lengths. A start or an end of 99 lies outside
every sequence and does not count. The folders bert, distilbert, electra and modernbert hold config.json
and model.safetensors as transformers saves them, and

    expected.json           the sequences, starts, ends, the loss, logits [T, 2]
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

pipeline holds a BertForQuestionAnswering with a tokenizer, and

    cases.json              questions, contexts, settings, and the answers: score, start, end, answer;
                            places count UTF-16 units, as in Java

The pipeline is gone from transformers 5. What stands here is its contract, computed from the logits of
transformers' model and the tokens of its tokenizer: softmax of starts and of ends over [CLS] and the
context, spans by the product, whole words, equal answers added up, [CLS] for no answer.
"""

import torch
from golden_common import NO_DROPOUT, make_sequences, odd_bert, out_folder, randomised, write_json
from golden_small_modernbert import SIZES as MODERN_SIZES
from golden_small_modernbert import turn
from safetensors.torch import save_file
from transformers import (
    BertForQuestionAnswering,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    ElectraConfig,
    ElectraForQuestionAnswering,
    ModernBertConfig,
    ModernBertForQuestionAnswering,
)
from transformers.models.modernbert import modeling_modernbert

SEED = 20261204
VOCAB = 47
LENGTHS = [(9, 4), (1, 0), (20, 13), (7, 2), (2, 0), (13, 5)]
OUTSIDE = 99
STARTS = [6, 0, 9, OUTSIDE, 0, 8]
ENDS = [7, 0, OUTSIDE, OUTSIDE, 0, 8]
VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] who went to where did anna ##na ann berlin ber ##lin new york yor ##k in on may "
    "19 ##96 ##1 ##2 the a of , . ? ' - caf ##e cafe play ##s ##ed ##er she he was born 東 京 b c d ##a ##b ##c"
).split()
LONG = "Anna went to Berlin in 1996, she was born in New York on May 2. " * 3 + "He played in the café of Annann."
CASES = [
    ("Where did Anna go?", "Anna went to Berlin.", {}),
    ("Who went to New York?", "Ann played, Anna went to New York.", {"top_k": 4}),
    ("Who?", LONG, {}),
    ("Who was born in 1996?", LONG, {"top_k": 7, "doc_stride": 5, "max_seq_len": 20}),
    ("Where was she born?", LONG, {"top_k": 3, "max_answer_len": 2, "doc_stride": 11, "max_seq_len": 30}),
    ("Where was she born?", LONG, {"top_k": 5, "handle_impossible_answer": True, "max_seq_len": 25}),
    ("Who played?", "Annannaberlin yorker plays 19961. Berliner", {"top_k": 6, "max_answer_len": 1}),
    ("Who played?", "Annannaberlin yorker plays 19961. Berliner", {"top_k": 6, "align_to_words": False}),
    ("in 東京?", "\U0001f600 Anna \U0001f600\U0001f600 went to 東京, café cafe\u0301.", {"top_k": 20}),
    ("Who", "Anna anna ANNA, Anna. the Anna of Anna", {"top_k": 5, "handle_impossible_answer": True}),
    ("was was was was", "   b c \t d\n\nb c d a the", {"top_k": 2, "handle_impossible_answer": True}),
    ("zzz Berlin", "zzz [SEP] Berlin [CLS] qqq", {"top_k": 3}),
    ("Who?", "Anna", {"top_k": 9, "handle_impossible_answer": True}),
    ("Who went?", LONG + " " + LONG, {"top_k": 3, "max_answer_len": 40, "doc_stride": 16, "max_seq_len": 48}),
]


def folder(out, name):
    (out / name).mkdir(exist_ok=True)
    return out / name


def write_figures(model, sequences, out):
    """One sequence after the other: transformers has padding in its softmax, and in ModernBERT gives NaN for it."""
    model.save_pretrained(out)
    model.double().train()  # dropout is 0: train and eval are the same
    types = model.config.model_type in ("bert", "electra", "ernie")
    outputs = [model(**{k: torch.tensor([s[k]]) for k in list(s)[: 1 + types]}) for s in sequences]
    logits = torch.cat([torch.stack([o.start_logits[0], o.end_logits[0]], dim=-1) for o in outputs])
    means = []
    for targets, name in ((STARTS, "start_logits"), (ENDS, "end_logits")):
        own = [
            torch.nn.functional.cross_entropy(getattr(o, name), torch.tensor([t]))
            for o, t in zip(outputs, targets)
            if t < o.start_logits.shape[1]
        ]
        means.append(sum(own) / len(own))
    loss = sum(means) / 2
    loss.backward()
    save_file({name: p.grad.float() for name, p in model.named_parameters()}, out / "gradients.safetensors")
    expected = {"sequences": sequences, "starts": STARTS, "ends": ENDS, "loss": loss.item(), "logits": logits.tolist()}
    write_json(out / "expected.json", expected)
    print(f"{out.name}: loss {loss.item():.6f}")


def windows_of(tokenizer, question, context, length, stride):
    """Ids, segments, and for each token of the context its word and its place; None for all others.

    What the tokenizer of transformers 5.18 gives with return_overflowing_tokens ends early (tokenizers
    0.23 reads no further than it must to cut), so the windows are cut here.
    """
    asked = tokenizer(question, add_special_tokens=False)["input_ids"]
    all_of = tokenizer(context, add_special_tokens=False).encodings[0]
    tokens = list(zip(all_of.ids, all_of.word_ids, all_of.offsets))
    room = length - len(asked) - 3
    for begin in range(0, len(tokens), room - stride):
        part = tokens[begin : begin + room]
        ids = [tokenizer.cls_token_id, *asked, tokenizer.sep_token_id, *(t[0] for t in part), tokenizer.sep_token_id]
        places = [None] * (len(asked) + 2) + [(word, *offsets) for _, word, offsets in part] + [None]
        yield ids, [0] * (len(asked) + 2) + [1] * (len(part) + 1), places
        if begin + room >= len(tokens):
            break


def answers_of(model, tokenizer, question, context, settings):
    """The answers that the pipeline of transformers 4 would give."""
    top_k = settings.get("top_k", 1)
    longest = settings.get("max_answer_len", 15)
    length = settings.get("max_seq_len", min(tokenizer.model_max_length, 384))
    whole_words = settings.get("align_to_words", True)
    stride = settings.get("doc_stride", min(length // 2, 128))
    found, null = [], 1e6
    for ids, types, places in windows_of(tokenizer, question, context, length, stride):
        with torch.no_grad():
            output = model(torch.tensor([ids]), token_type_ids=torch.tensor([types]))
        counts = torch.tensor([p is not None for p in places]) | (torch.tensor(ids) == tokenizer.cls_token_id)
        start, end = (
            torch.where(counts, logits[0], -10000.0).softmax(-1) for logits in (output.start_logits, output.end_logits)
        )
        null = min(null, (start[0] * end[0]).item())
        spans = [
            (start[s].item() * end[e].item(), s, e)
            for s in range(1, len(ids))
            for e in range(s, min(s + longest, len(ids)))
            if places[s] and places[e]
        ]
        spans.sort(key=lambda span: -span[0])
        for score, s, e in spans[: top_k * 2 + 10 if whole_words else top_k]:
            (word, first, _), (last_word, _, last) = places[s], places[e]
            if whole_words:  # as far as the window has them
                first = min(p[1] for p in places if p and p[0] == word)
                last = max(p[2] for p in places if p and p[0] == last_word)
            text = context[first:last]
            same = next((a for a in found if a["answer"].lower() == text.lower()), None)
            if same:
                same["score"] += score
            else:
                found.append({"score": score, "start": first, "end": last, "answer": text})
    if settings.get("handle_impossible_answer", False):
        found.append({"score": null, "start": 0, "end": 0, "answer": ""})
    return sorted(found, key=lambda a: -a["score"])[:top_k]


def write_pipeline(out, generator):
    (out / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    tokenizer = BertTokenizer(vocab=str(out / "vocab.txt"), model_max_length=64)
    tokenizer.save_pretrained(out)
    tokenizer = BertTokenizer.from_pretrained(out)
    config = odd_bert(vocab_size=len(VOCABULARY), max_position_embeddings=64)
    model = randomised(BertForQuestionAnswering, config, generator).eval()
    model.save_pretrained(out)
    model.double()

    def utf16(text, place):
        return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2

    cases = []
    for question, context, settings in CASES:
        answers = answers_of(model, tokenizer, question, context, settings)
        for answer in answers:
            answer["start"], answer["end"] = utf16(context, answer["start"]), utf16(context, answer["end"])
        cases.append({"question": question, "context": context, "settings": settings, "answers": answers})
        print(question, [(round(a["score"], 4), a["answer"]) for a in answers][:3])
    write_json(out / "cases.json", {"cases": cases})


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    odd = dict(hidden_size=15, num_hidden_layers=2, num_attention_heads=3, intermediate_size=23, **NO_DROPOUT)
    config = odd_bert(vocab_size=VOCAB, max_position_embeddings=20)
    write_figures(randomised(BertForQuestionAnswering, config, generator), sequences, folder(out, "bert"))
    config = ElectraConfig(vocab_size=VOCAB, embedding_size=11, max_position_embeddings=20, **odd)
    write_figures(randomised(ElectraForQuestionAnswering, config, generator), sequences, folder(out, "electra"))
    for sequence in sequences:
        sequence["token_type_ids"] = [0] * len(sequence["input_ids"])
    sizes = dict(dim=15, n_layers=2, n_heads=3, hidden_dim=23, dropout=0.0, attention_dropout=0.0, qa_dropout=0.0)
    config = DistilBertConfig(vocab_size=VOCAB, max_position_embeddings=20, **sizes)
    model = randomised(DistilBertForQuestionAnswering, config, generator)
    write_figures(model, sequences, folder(out, "distilbert"))
    modeling_modernbert.apply_rotary_pos_emb = turn
    config = ModernBertConfig(num_hidden_layers=2, local_attention=4, **(MODERN_SIZES | {"vocab_size": VOCAB}))
    model = randomised(ModernBertForQuestionAnswering, config, generator)
    write_figures(model, sequences, folder(out, "modernbert"))
    write_pipeline(folder(out, "pipeline"), generator)


if __name__ == "__main__":
    main()
