package io.github.jaubert.internal.ops;

import static io.github.jaubert.internal.ops.Operands.list;

import io.github.jaubert.internal.binding.Arguments;
import io.github.jaubert.internal.binding.Kernels;
import io.github.jaubert.internal.binding.Native;
import io.github.jaubert.internal.tape.Gradients.Target;
import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;

/** The input layer of a BERT encoder: the sum of three embeddings, normalised, with dropout. */
public final class EmbeddingOps {
  /** The fields of {@code jb_embedding_args}, in their order. */
  private enum Field {
    WORD,
    POSITION,
    TYPE,
    WORD_IDS,
    POSITION_IDS,
    TYPE_IDS,
    GAMMA,
    BETA,
    MEAN,
    RSTD,
    TOKENS,
    HIDDEN,
    WORD_ROWS,
    POSITION_ROWS,
    TYPE_ROWS,
    EPS,
    P,
    SEED,
    OFFSET,
    ACCUMULATE;

    static final int COUNT = values().length;
  }

  private EmbeddingOps() {}

  /** The three tables, [rows, hidden] each; {@code type} may be null. */
  public record Tables(Tensor word, Tensor position, Tensor type) {}

  /** The rows to take from each table, I32 [tokens]; {@code type} is null if its table is. */
  public record Ids(Tensor word, Tensor position, Tensor type) {}

  /**
   * {@code dropout(LayerNorm(word[ids] + position[ids] + type[ids]))}, [tokens, hidden].
   *
   * @param dtype of the result: F32 or BF16; the tables are F32
   */
  public static Tensor embeddingLayerNorm(
      Ids ids,
      Tables tables,
      Tensor scale,
      Tensor shift,
      float p,
      float eps,
      Rng rng,
      DType dtype) {
    String name = "embeddingLayerNorm";
    NativeTensor word = table(name, "word", tables.word());
    NativeTensor position = table(name, "position", tables.position());
    NativeTensor type = tables.type() == null ? null : table(name, "type", tables.type());
    NativeTensor gamma = NativeTensor.of(scale);
    NativeTensor beta = NativeTensor.of(shift);
    long hidden = NormOps.requireVectors(name, word, gamma, beta, null);
    long tokens = ids.word().numel();
    Operands.requireFloat(name, word, position, type);
    NativeTensor wordIds = ids(name, "word", ids.word(), tokens, word);
    NativeTensor positionIds = ids(name, "position", ids.position(), tokens, word);
    NativeTensor typeIds = type == null ? null : ids(name, "type", ids.type(), tokens, word);
    Operands.requireShape(name, "the position table", position, position.size(0), hidden);
    if (type != null) {
      Operands.requireShape(name, "the type table", type, type.size(0), hidden);
    }
    Operands.requireProbability(name, p);
    long seed = p > 0 ? rng.seed() : 0;
    long offset = p > 0 ? rng.next() : 0;
    boolean recorded = Tape.records(word, position, type, gamma, beta);
    NativeTensor y = word.allocateLike(dtype, Shape.of(tokens, hidden));
    Operands.requireActivation(name, "the result", y);
    NativeTensor sum = recorded ? word.allocateLike(dtype, y.shape()) : null;
    NativeTensor mean = recorded ? word.allocateLike(DType.F32, Shape.of(tokens)) : null;
    NativeTensor rstd = recorded ? word.allocateLike(DType.F32, Shape.of(tokens)) : null;
    long wordRows = word.size(0);
    long positionRows = position.size(0);
    long typeRows = type == null ? 0 : type.size(0);
    Native.check(
        Kernels.jb_embedding_layernorm_forward(
            word.context(),
            dtype.ordinal(),
            y.address(),
            Operands.addressOrNull(sum),
            Arguments.begin(Field.COUNT)
                .set(Field.WORD, word.address())
                .set(Field.POSITION, position.address())
                .set(Field.TYPE, Operands.addressOrNull(type))
                .set(Field.WORD_IDS, wordIds.address())
                .set(Field.POSITION_IDS, positionIds.address())
                .set(Field.TYPE_IDS, Operands.addressOrNull(typeIds))
                .set(Field.GAMMA, gamma.address())
                .set(Field.BETA, beta.address())
                .set(Field.MEAN, Operands.addressOrNull(mean))
                .set(Field.RSTD, Operands.addressOrNull(rstd))
                .set(Field.TOKENS, tokens)
                .set(Field.HIDDEN, hidden)
                .set(Field.WORD_ROWS, wordRows)
                .set(Field.POSITION_ROWS, positionRows)
                .set(Field.TYPE_ROWS, typeRows)
                .set(Field.EPS, eps)
                .set(Field.P, p)
                .set(Field.SEED, seed)
                .set(Field.OFFSET, offset)
                .address()));
    Tape.record(
        name,
        y,
        list(word, position, type, gamma, beta),
        list(sum, mean, rstd, gamma, wordIds, positionIds, typeIds),
        (dy, saved, gradients) -> {
          NativeTensor dsum = dy.allocateLike(dtype, dy.shape());
          Target dgamma = gradients.target(3);
          Target dbeta = gradients.target(4);
          Native.check(
              Kernels.jb_embedding_layernorm_backward(
                  dy.context(),
                  dtype.ordinal(),
                  dsum.address(),
                  dgamma.address(),
                  dbeta.address(),
                  dy.address(),
                  saved[0].address(),
                  Arguments.begin(Field.COUNT)
                      .set(Field.GAMMA, saved[3].address())
                      .set(Field.MEAN, saved[1].address())
                      .set(Field.RSTD, saved[2].address())
                      .set(Field.TOKENS, tokens)
                      .set(Field.HIDDEN, hidden)
                      .set(Field.P, p)
                      .set(Field.SEED, seed)
                      .set(Field.OFFSET, offset)
                      .set(
                          Field.ACCUMULATE,
                          dgamma.flag(Kernels.JB_ADD_TO_DGAMMA)
                              | dbeta.flag(Kernels.JB_ADD_TO_DBETA))
                      .address()));
          IndexOps.addRows(gradients.target(0), dsum, saved[4], wordRows, hidden);
          IndexOps.addRows(gradients.target(1), dsum, saved[5], positionRows, hidden);
          if (saved[6] != null) {
            IndexOps.addRows(gradients.target(2), dsum, saved[6], typeRows, hidden);
          }
        });
    return y;
  }

  private static NativeTensor table(String name, String which, Tensor tensor) {
    NativeTensor table = NativeTensor.of(tensor);
    Operands.requireFloat(name, table);
    Operands.requireRank(name, "the " + which + " table", table, 2);
    return table;
  }

  private static NativeTensor ids(
      String name, String which, Tensor tensor, long tokens, NativeTensor beside) {
    NativeTensor ids = NativeTensor.of(tensor);
    Operands.requireType(name, "the " + which + " ids", ids, DType.I32);
    Operands.requireShape(name, "the " + which + " ids", ids, tokens);
    Operands.requireOneDevice(name, beside, ids);
    return ids;
  }
}
