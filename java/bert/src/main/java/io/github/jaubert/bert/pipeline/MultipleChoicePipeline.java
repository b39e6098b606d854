package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Tells which of several choices goes with a prompt: each is read with the prompt before it, and a
 * softmax over all gives probabilities.
 */
public final class MultipleChoicePipeline
    extends Pipeline<MultipleChoicePipeline, MultipleChoiceModel> {
  MultipleChoicePipeline(MultipleChoiceModel model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /**
   * The choices, the most probable first; of equal ones, that which was given first.
   *
   * @throws IllegalArgumentException if there are none
   */
  public List<ChoiceScore> of(String prompt, List<String> choices) {
    return ofAll(List.of(prompt), List.of(choices)).get(0);
  }

  /**
   * The same of several prompts, in order; each may have another number of choices.
   *
   * @throws IllegalArgumentException if there are not as many lists of choices as prompts, or one
   *     is empty
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<ChoiceScore>> ofAll(List<String> prompts, List<List<String>> choices) {
    requireOpen();
    if (prompts.size() != choices.size() || choices.stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException(
          "%d prompts and %d lists of choices; as many, each with a choice"
              .formatted(prompts.size(), choices.size()));
    }
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      first.addAll(Collections.nCopies(choices.get(i).size(), prompts.get(i)));
      second.addAll(choices.get(i));
    }
    List<Float> logits =
        EncodingBatches.map(tokenizer().encodeAll(first, second, done -> {}), this::logits);
    List<List<ChoiceScore>> results = new ArrayList<>();
    int from = 0;
    for (List<String> own : choices) {
      results.add(scores(own, logits.subList(from, from + own.size())));
      from += own.size();
    }
    return results;
  }

  private List<Float> logits(List<Encoding> encodings) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      return list(model().forward(TokenBatch.of(encodings)).toFloats());
    }
  }

  private static List<ChoiceScore> scores(List<String> choices, List<Float> logits) {
    float[] values = new float[choices.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = logits.get(i);
    }
    try (Scope scope = Scope.open()) {
      float[] shares = Tensor.of(values, values.length).softmax(-1).toFloats();
      List<ChoiceScore> scores = new ArrayList<>();
      for (int i = 0; i < shares.length; i++) {
        scores.add(new ChoiceScore(i, choices.get(i), shares[i]));
      }
      scores.sort(Comparator.comparing(ChoiceScore::score).reversed());
      return List.copyOf(scores);
    }
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
