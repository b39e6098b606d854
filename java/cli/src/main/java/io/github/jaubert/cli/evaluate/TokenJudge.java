package io.github.jaubert.cli.evaluate;

import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.FileFormat;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.TokenTagging;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.ConllRows;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.SourceRows;
import io.github.jaubert.train.data.TaggedDataset;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ParameterException;

/** Judges a model that gives words their tags. */
public final class TokenJudge extends Judge {
  private static final int LISTED = 12;

  private TokenClassifier model; // null until it is opened
  private TaggedDataset data;
  private TokenTagging task;

  public TokenJudge(Options options) {
    super(options);
  }

  @Override
  public void open() {
    model = TokenClassifier.fromPretrained(options().model());
    data = options().tags().read(options().files(), options().data().format);
  }

  @Override
  public String counted() {
    return Figures.counted(data.size(), "sentence");
  }

  @Override
  public List<String> understood() {
    return List.of(
        "tags: %s; the first word is '%s' and has %s (--word-column, --tag-column)"
            .formatted(
                LabelText.listed(model.labels().names(), LISTED),
                data.sentences().get(0).words().get(0),
                data.sentences().get(0).tags().get(0)));
  }

  @Override
  Trainer trainer() {
    task =
        TokenTagging.of(model, tokenizer())
            .maxLength(maxLength())
            .labelled(options().tags().labelled);
    options().tags().judge(options().command(), task, data);
    return Trainer.of(task);
  }

  // ---- rows ----

  @Override
  public List<Judgement> judgements() {
    return task.judgements();
  }

  private FileFormat format() {
    FileFormat format = options().data().format;
    return format == null ? FileFormat.ofTaggedWords(options().files()) : format;
  }

  private boolean isJson() {
    return format() != FileFormat.CONLL;
  }

  /** Sentences are written as they were read. */
  @Override
  public void checkWritable(String option, Path to) {
    if (isJson() != to.toString().matches("(?i).*\\.(jsonl|ndjson)")) {
      throw new ParameterException(
          options().command(),
          "%s %s: sentences of %s are written as %s"
              .formatted(
                  option, to, options().files(), isJson() ? ".jsonl" : "CoNLL, not as .jsonl"));
    }
  }

  @Override
  public void write(Path to, List<Judgement> chosen) {
    if (isJson()) {
      write(
          SourceRows.read(options().files(), format().table(), true),
          to,
          chosen,
          "score",
          row -> data.sentences().get(row).line());
      return;
    }
    ConllRows.write(
        options().files(),
        to,
        chosen.stream()
            .map(
                one ->
                    new ConllRows.Row(data.sentences().get(one.row()), one.answer(), one.score()))
            .toList());
  }

  @Override
  Object prediction(Judgement judgement) {
    return judgement.answer();
  }

  @Override
  public void close() {
    super.close();
    if (model != null) {
      model.close();
    }
  }
}
