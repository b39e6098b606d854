package io.github.jaubert.examples;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.Batch;
import io.github.jaubert.train.Evaluation;
import io.github.jaubert.train.Examples;
import io.github.jaubert.train.Inputs;
import io.github.jaubert.train.Task;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A task of one's own: texts in pairs, such as questions and answers, of which the vectors are to
 * be alike, and unlike those of the other pairs in a batch (van den Oord et al. 2018, "InfoNCE").
 */
// README: task
public final class OwnTask implements Task {
  private final Encoder encoder;
  private final Examples train;
  private final Examples dev;

  /** Learns from the first pairs, and is judged by the others. */
  public OwnTask(
      Encoder encoder, Tokenizer tokenizer, List<String> left, List<String> right, int trained) {
    this.encoder = encoder;
    List<Encoding> a = tokenizer.encodeAll(left);
    List<Encoding> b = tokenizer.encodeAll(right);
    train = pairs(a.subList(0, trained), b.subList(0, trained));
    dev = pairs(a.subList(trained, a.size()), b.subList(trained, b.size()));
  }

  private static Examples pairs(List<Encoding> left, List<Encoding> right) {
    return Examples.of(
        left.size(),
        i -> left.get(i).length() + right.get(i).length(),
        rows ->
            Batch.of(pick(left, rows))
                .text("right", pick(right, rows))
                .with("own", IntStream.range(0, rows.length).toArray()));
  }

  private static TokenBatch pick(List<Encoding> texts, int[] rows) {
    return TokenBatch.of(IntStream.of(rows).mapToObj(texts::get).toList());
  }

  @Override
  public Encoder model() {
    return encoder;
  }

  @Override
  public Examples examples() {
    return train;
  }

  @Override
  public Tensor loss(Inputs inputs, float count) {
    Tensor cosines = vectors(inputs.text()).matmul(vectors(inputs.text("right")).t());
    return F.crossEntropy(
        cosines.mul(20), // a temperature of 0.05
        inputs.get("own"),
        CrossEntropyOptions.defaults().withNormalizer(count));
  }

  @Override
  public Evaluation evaluation() {
    return Evaluation.ofLoss(this, dev);
  }

  /** The mean over a text's tokens with length 1, {@code [texts, hidden]}. */
  private Tensor vectors(TokenInputs text) {
    Tensor mean = F.segmentMean(encoder.forward(text).lastHidden(), text.lengths());
    return mean.div(mean.square().sum(1, true).add(1e-12f).sqrt());
  }
}
// README: end
