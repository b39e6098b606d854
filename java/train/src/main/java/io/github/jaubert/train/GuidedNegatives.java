package io.github.jaubert.train;

import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What an anchor has to find its positive among, and which of it a guide takes away. */
final class GuidedNegatives {
  private final List<Tensor> own;
  private final List<Tensor> guides;
  private final Tensor threshold; // [examples, 1]: nearer ones are no negatives
  private final Tensor itself; // [examples, examples]: where a row is compared to itself

  private GuidedNegatives(EmbeddingLoss.Vectors vectors, float margin) {
    own = vectors.columns().stream().map(F::normalize).toList();
    guides = vectors.guides().stream().map(F::normalize).toList();
    threshold = guides.get(0).mul(guides.get(1)).sum(-1).sub(margin).unsqueeze(1);
    Tensor numbers = vectors.positives();
    itself = numbers.unsqueeze(1).eq(numbers.unsqueeze(0));
  }

  /**
   * The logits of the positives of all examples, which come first, of the anchors, of the positives
   * by their nearness to the anchor's positive, and of each further column: {@code [examples,
   * examples * (columns + 1)]}.
   */
  static Tensor logits(EmbeddingLoss.Vectors vectors, float temperature, float margin) {
    GuidedNegatives of = new GuidedNegatives(vectors, margin);
    List<Tensor> all = new ArrayList<>();
    Tensor positives = of.cosines(0, 1);
    all.add(positives.maskedFill(of.tooNear(0, 1).and(of.itself.not()), EqualTexts.EXCLUDED));
    for (int column = 0; column < 2; column++) { // a text is no negative of itself
      Tensor cosines = of.cosines(column, column);
      all.add(cosines.maskedFill(of.tooNear(column, column).or(of.itself), EqualTexts.EXCLUDED));
    }
    for (int column = 2; column < of.own.size(); column++) {
      all.add(of.cosines(0, column).maskedFill(of.tooNear(0, column), EqualTexts.EXCLUDED));
    }
    if (vectors.excluded() != null) {
      long examples = positives.size(0);
      all.set(0, all.get(0).add(vectors.excluded().narrow(1, 0, examples)));
      for (int column = 2; column < of.own.size(); column++) {
        Tensor excluded = vectors.excluded().narrow(1, (column - 1) * examples, examples);
        all.set(column + 1, all.get(column + 1).add(excluded));
      }
    }
    return Tensor.concat(1, all.toArray(Tensor[]::new)).mul(1 / temperature);
  }

  private Tensor cosines(int left, int right) {
    return own.get(left).matmul(own.get(right).t());
  }

  private Tensor tooNear(int left, int right) {
    return guides.get(left).matmul(guides.get(right).t()).gt(threshold);
  }
}
