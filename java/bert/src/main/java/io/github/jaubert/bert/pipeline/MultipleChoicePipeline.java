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
    return prepare(prompts, choices).run();
  }

  /**
   * Tokenises prompts with their choices for {@link #ofAll}, and does no more.
   *
   * @throws IllegalArgumentException as {@link #ofAll} does
   */
  public Prepared<List<List<ChoiceScore>>> prepare(
      List<String> prompts, List<List<String>> choices) {
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
    List<List<String>> own = List.copyOf(choices);
    return new Prepared<>(
        this,
        tokenizer().encodeAll(first, second, done -> {}),
        this::logits,
        logits -> scoresOfAll(own, logits));
  }

  private static List<List<ChoiceScore>> scoresOfAll(
      List<List<String>> choices, List<float[]> logits) {
    List<List<ChoiceScore>> results = new ArrayList<>();
    int from = 0;
    for (List<String> own : choices) {
      results.add(scores(own, logits.subList(from, from + own.size())));
      from += own.size();
    }
    return results;
  }

  private List<float[]> logits(List<Encoding> batch) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] all = model().forward(TokenBatch.of(batch)).toFloats();
      return Prepared.split(all, batch, choice -> 1);
    }
  }

  private static List<ChoiceScore> scores(List<String> choices, List<float[]> logits) {
    float[] values = new float[choices.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = logits.get(i)[0];
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
}
