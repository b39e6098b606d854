package io.github.jaubert.cli.pretrain;

import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.train.CorpusTask;
import io.github.jaubert.train.Trainer;
import java.nio.file.Path;

/** What {@code pretrain} does for an objective: its models, and the task that they learn. */
public interface PretrainingJob extends AutoCloseable {
  /** What is said of where the model comes from. */
  String name();

  /** The model that is fine-tuned later. */
  EncoderModel<?> model();

  /** The task that is given the text and the masks. */
  CorpusTask<?, ?> text();

  /** A trainer of all that learns. */
  Trainer trainer();

  /** Writes all that was trained. */
  void save(Path folder);

  /** Where in the folder the model is that fills in masked tokens. */
  Path filling(Path folder);

  /** What to do with the model, as the words behind {@code jaubert}. */
  String use(Path folder, String mask);

  /** Frees the models. */
  @Override
  void close();
}
