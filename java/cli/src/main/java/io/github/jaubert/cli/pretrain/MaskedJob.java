package io.github.jaubert.cli.pretrain;

import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.PreTrainingModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.options.CorpusOptions;
import io.github.jaubert.cli.options.NewEncoderOptions;
import io.github.jaubert.train.CorpusTask;
import io.github.jaubert.train.PairPretraining;
import io.github.jaubert.train.Pretraining;
import io.github.jaubert.train.Trainer;
import java.nio.file.Path;
import java.util.function.Function;

/** One model, which learns to tell masked tokens, of sequences or of pairs. */
public record MaskedJob<M extends EncoderModel<M>>(String name, M model, CorpusTask<?, M> text)
    implements PretrainingJob {
  /** The model that the options name. */
  public static PretrainingJob of(
      NewEncoderOptions encoder, CorpusOptions text, Tokenizer tokenizer) {
    String name = encoder.name(encoder.recipe().architecture());
    int longest = text.maxLength();
    if (text.pairs() == null) {
      return of(
          name,
          encoder.model(
              tokenizer, longest, MaskedLanguageModel::of, MaskedLanguageModel::forTraining),
          model -> Pretraining.of(model, tokenizer));
    }
    return of(
        name,
        encoder.model(tokenizer, longest, PreTrainingModel::of, PreTrainingModel::forTraining),
        model -> {
          PairPretraining task = PairPretraining.of(model, tokenizer);
          return text.pairs() == CorpusOptions.Pairs.SOP ? task.sentenceOrder() : task;
        });
  }

  private static <M extends EncoderModel<M>> PretrainingJob of(
      String name, M model, Function<M, CorpusTask<?, M>> taskOf) {
    try {
      return new MaskedJob<>(name, model, taskOf.apply(model));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public Trainer trainer() {
    return Trainer.of(text);
  }

  @Override
  public void save(Path folder) {
    model.save(folder);
  }

  @Override
  public Path filling(Path folder) {
    return folder;
  }

  @Override
  public String use(Path folder, String mask) {
    return "fill-mask --model %s \"some text with a %s\"".formatted(folder, mask);
  }

  @Override
  public void close() {
    model.close();
  }
}
