"""Token ids by transformers for folders that have no tokenizer.json, but a model of SentencePiece.

    python golden_sentencepiece_tokenizers.py ../resources/golden/tokenizers/sentencepiece.json

Vocabularies of a few hundred pieces are trained by the library sentencepiece (0.2.2), which transformers needs
here, too, with protobuf. SentencePiece's own table of characters, of 240 KB, gives way to the small one of
golden_roberta_tokenizers.py. The output is as that of golden_roberta_tokenizers.py, where a file that is no text
is {"base64": …}; `RobertaTokenizersTest` compares Jaubert with it.
"""

import argparse
import base64
import io
import random
from pathlib import Path

import sentencepiece
from golden_deberta_tokenizers import written
from golden_roberta_tokenizers import ALL, POSITIONS, Ways, cases, charsmap, config, lines
from sentencepiece import sentencepiece_model_pb2

LSTRIP = {"__type": "AddedToken", "content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False}


def model(texts, **settings):
    """The bytes of a model with the small table of characters, as they stand in the list of files."""
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=trained, vocab_size=200, num_threads=1, minloglevel=2, **settings
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(trained.getvalue())
    proto.normalizer_spec.precompiled_charsmap = charsmap()
    for piece in proto.pieces:
        piece.score = round(piece.score, 4)
    return {"base64": base64.b64encode(proto.SerializeToString()).decode()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    random_ = random.Random(20270120)
    texts = lines(random_)
    roberta = cases(random_)
    ways = Ways(roberta + [[written(a), b and written(b), n] for a, b, n in roberta])
    ways.bases = {"roberta": {}, "deberta": {}, "user": {}, "lower": {}}

    pieces = {"sentencepiece.bpe.model": model(texts)}
    ways.add("XLM-RoBERTa", "roberta", None, config("xlm-roberta") | pieces, ALL)
    settings = {"tokenizer_config.json": {"mask_token": LSTRIP, "model_max_length": POSITIONS}}
    ways.add("XLM-RoBERTa, mask with space", "roberta", None, config("xlm-roberta") | settings | pieces)
    ways.add("CamemBERT", "roberta", None, config("camembert") | pieces, ALL)
    settings = {"tokenizer_config.json": {"tokenizer_class": "XLMRobertaTokenizer"}}
    gte = config("gte", max_position_embeddings=POSITIONS)
    ways.add("GTE", "roberta", None, gte | settings | pieces)
    user = {"sentencepiece.bpe.model": model(texts, user_defined_symbols=["the", "ca"])}
    ways.add("XLM-RoBERTa, symbols of a user", "user", None, config("xlm-roberta") | user)

    special = dict(pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]")
    deberta = config("deberta-v2", max_position_embeddings=POSITIONS)
    pieces = {"spm.model": model(texts, **special)}
    ways.add("DeBERTa", "deberta", None, deberta | pieces, 2 * ALL)
    settings = {"tokenizer_config.json": {"do_lower_case": True, "split_by_punct": True}}
    ways.add("DeBERTa, lower case, punctuation apart", "lower", None, deberta | settings | pieces)
    ways.write(out)


if __name__ == "__main__":
    main()
