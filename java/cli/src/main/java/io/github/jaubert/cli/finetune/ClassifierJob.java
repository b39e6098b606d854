package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Classifier;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.ClassificationTask;
import io.github.jaubert.train.Trainer;
import java.util.List;

/** The job of a head with labels, which may have a teacher. */
abstract class ClassifierJob<M extends Classifier<M>> extends HeadJob<M> {
  private M teacher; // null: there is none

  /** A job whose data were read, see {@link HeadJob}. */
  ClassifierJob(Options options, String thing, Labels labels, Data train, Data eval) {
    super(options, thing, labels, train, eval);
  }

  /** Loads the teacher that the options name. */
  abstract M loadTeacher();

  @Override
  public List<String> said() {
    List<String> said = super.said();
    if (options().teacher().isGiven()) {
      said.add(options().teacher().said());
    }
    return said;
  }

  @Override
  public void describe(ObjectNode json) {
    super.describe(json);
    if (options().teacher().isGiven()) {
      options().teacher().describe(json);
    }
  }

  @Override
  public final void open(Tokenizer tokenizer) {
    super.open(tokenizer);
    teacher = options().teacher().isGiven() ? loadTeacher() : null;
  }

  /** A trainer of a task, with the teacher if there is one. */
  final Trainer trainer(ClassificationTask<?, M, ?> task) {
    return teacher == null ? Trainer.of(task) : Trainer.of(options().teacher().task(teacher, task));
  }

  @Override
  public final void close() {
    super.close();
    if (teacher != null) {
      teacher.close();
    }
  }
}
