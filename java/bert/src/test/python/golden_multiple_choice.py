"""Golden values of small models for multiple choice.

    python golden_multiple_choice.py ../resources/golden/multiple-choice

Models of two layers with random float32 weights and odd sizes are evaluated by PyTorch autograd in
float64, eager attention, dropout 0, on examples of 3, 2 and 4 choices of mixed lengths. The folders bert,
distilbert, electra, modernbert and roberta hold config.json and model.safetensors as transformers saves them, and

    expected.json           the sequences, how many each example has, the answers, the loss, the logits
    gradients.safetensors   d loss / d parameter by parameter name, computed in float64

Each sequence is computed by itself, as a choice of one: the softmax over the choices and the loss are those
of BertForMultipleChoice, which takes the same number of choices in all examples alone.
"""

import torch
from golden_common import NO_DROPOUT, make_sequences, odd_bert, out_folder, randomised, write_json
from golden_question_answering import folder
from golden_small_modernbert import SIZES as MODERN_SIZES
from golden_small_modernbert import turn
from safetensors.torch import save_file
from transformers import (
    BertForMultipleChoice,
    DistilBertConfig,
    DistilBertForMultipleChoice,
    ElectraConfig,
    ElectraForMultipleChoice,
    ModernBertConfig,
    ModernBertForMultipleChoice,
    RobertaConfig,
    RobertaForMultipleChoice,
)
from transformers.models.modernbert import modeling_modernbert

SEED = 20261201
VOCAB = 47
LENGTHS = [(9, 4), (11, 6), (6, 1), (20, 13), (7, 2), (5, 2), (13, 5), (8, 3), (4, 1)]
CHOICES = [3, 2, 4]
ANSWERS = [1, 0, 3]


def write_figures(model, sequences, out):
    model.save_pretrained(out)
    model.double().train()  # dropout is 0: train and eval are the same
    types = model.config.model_type in ("bert", "electra", "ernie")
    logits = torch.cat(
        [model(**{k: torch.tensor([[s[k]]]) for k in list(s)[: 1 + types]}).logits[0] for s in sequences]
    )
    own = zip(logits.split(CHOICES), ANSWERS)
    loss = torch.stack([torch.nn.functional.cross_entropy(row, torch.tensor(answer)) for row, answer in own]).mean()
    loss.backward()
    save_file({name: p.grad.float() for name, p in model.named_parameters()}, out / "gradients.safetensors")
    expected = {"sequences": sequences, "choices": CHOICES, "answers": ANSWERS, "loss": loss.item()}
    write_json(out / "expected.json", expected | {"logits": logits.tolist()})
    print(f"{out.name}: loss {loss.item():.6f}, logits {[round(x, 2) for x in logits.tolist()]}")


def main():
    out, generator = out_folder(__doc__, SEED)
    sequences = make_sequences(LENGTHS, VOCAB, generator)
    odd = dict(hidden_size=15, num_hidden_layers=2, num_attention_heads=3, intermediate_size=23, **NO_DROPOUT)
    config = odd_bert(vocab_size=VOCAB, max_position_embeddings=20)
    write_figures(randomised(BertForMultipleChoice, config, generator), sequences, folder(out, "bert"))
    config = ElectraConfig(
        vocab_size=VOCAB, embedding_size=11, max_position_embeddings=20, summary_last_dropout=0.0, **odd
    )
    write_figures(randomised(ElectraForMultipleChoice, config, generator), sequences, folder(out, "electra"))
    for sequence in sequences:
        sequence["token_type_ids"] = [0] * len(sequence["input_ids"])
    sizes = dict(dim=15, n_layers=2, n_heads=3, hidden_dim=23, dropout=0.0, attention_dropout=0.0)
    config = DistilBertConfig(vocab_size=VOCAB, max_position_embeddings=20, seq_classif_dropout=0.0, **sizes)
    write_figures(randomised(DistilBertForMultipleChoice, config, generator), sequences, folder(out, "distilbert"))
    modeling_modernbert.apply_rotary_pos_emb = turn
    config = ModernBertConfig(num_hidden_layers=2, local_attention=4, **(MODERN_SIZES | {"vocab_size": VOCAB}))
    write_figures(randomised(ModernBertForMultipleChoice, config, generator), sequences, folder(out, "modernbert"))
    config = RobertaConfig(vocab_size=VOCAB, max_position_embeddings=22, type_vocab_size=1, layer_norm_eps=1e-5, **odd)
    write_figures(randomised(RobertaForMultipleChoice, config, generator), sequences, folder(out, "roberta"))


if __name__ == "__main__":
    main()
