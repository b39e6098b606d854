package io.github.jaubert.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TokenClassification;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.TrainingOptions.Suggestion;
import io.github.jaubert.train.TokenTagging;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.data.TaggedSentence;
import io.github.jaubert.train.data.WordIds;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Sentences of words with a tag each, such as names of persons and places. */
final class TokenJob implements Job {
  private static final int LISTED = 12;

  private final Options options;
  private final TaggedDataset train;
  private final TaggedDataset eval; // null if there is none
  private final Labels labels;
  private Tokenizer tokenizer; // null until it is opened
  private TokenClassifier model;

  /** Reads the files that the options name. */
  TokenJob(Options options) {
    this.options = options;
    DataOptions data = options.data();
    TaggedDataset all = options.tags().read(data.train, data.format);
    // A sample may lack tags of which there are few.
    List<String> tags = all.tagNames();
    if (tags.size() < 2) {
      throw new DataException(
          all.source(), "every tag is " + tags.get(0) + "; there is nothing to tell apart");
    }
    labels = Labels.of(tags);
    train = limited(all, data.trainLimit);
    eval =
        data.eval == null
            ? null
            : limited(options.tags().read(data.eval, data.format), data.evalLimit);
    if (eval != null) {
      eval.size(); // which says what is wrong with the file, if anything is
    }
  }

  private TaggedDataset limited(TaggedDataset data, Integer limit) {
    return limit == null ? data : data.sample(limit, options.training().seed);
  }

  @Override
  public String name() {
    return options.data().name();
  }

  @Override
  public Suggestion suggestion() {
    return Suggestion.FILES;
  }

  @Override
  public Labels labels() {
    return labels;
  }

  @Override
  public List<String> said() {
    return List.of(
        "%s to learn from, %s; one of %d tags for each word"
            .formatted(
                Report.counted(train.size(), "sentence"),
                eval == null
                    ? "none to be judged by"
                    : String.format(Locale.ROOT, "%,d to be judged by", eval.size()),
                labels.size()),
        understood());
  }

  private String understood() {
    TaggedSentence first = train.sentences().get(0);
    return "tags: %s; the first word is '%s' and has %s (--word-column, --tag-column)"
        .formatted(
            LabelText.listed(labels.names(), LISTED), first.words().get(0), first.tags().get(0));
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("train", train.source());
    json.put("train_examples", train.size());
    json.put("eval", eval == null ? null : eval.source());
    json.put("eval_examples", eval == null ? 0 : eval.size());
    json.putArray("understood").add(understood());
    json.put("task", "tokens");
  }

  @Override
  public void open(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    model = options.encoder().tokenClassifier(options.command(), labels);
  }

  @Override
  public EncoderConfig config() {
    return model.config();
  }

  @Override
  public void baselines(Report report) {}

  @Override
  public Trainer trainer() {
    TokenTagging task =
        TokenTagging.of(model, tokenizer).train(train).labelled(options.tags().labelled);
    options.training().apply(options.command(), task);
    if (eval != null) {
      options.tags().judge(options.command(), task, eval);
    }
    return Trainer.of(task);
  }

  @Override
  public void save(Path folder) {
    model.save(folder);
  }

  // ---- what came of it ----

  @Override
  public String judgedBy() {
    return eval == null ? null : Report.counted(eval.size(), "evaluation sentence");
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (TokenClassification tagger = Pipelines.tokenClassification(folder)) {
      EntityAnswers answers = new EntityAnswers(tagger, EntityAnswers.USUAL, false);
      eval.sentences().stream()
          .limit(Report.SHOWN)
          .forEach(
              sentence -> {
                String text = WordIds.join(sentence.words());
                out.printf(
                    "  %s%n    %s (it has %s)%n",
                    Report.shortened(text),
                    answers.lines(List.of(text), null).get(0),
                    truth(sentence));
              });
    }
  }

  private String truth(TaggedSentence sentence) {
    String entities =
        options.tags().scheme.entities(sentence.tags()).stream()
            .map(
                entity ->
                    WordIds.join(sentence.words().subList(entity.first(), entity.last() + 1))
                        + " "
                        + entity.type())
            .collect(Collectors.joining(", "));
    return entities.isEmpty() ? EntityAnswers.NONE : entities;
  }

  @Override
  public String moreArguments() {
    return "";
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
    }
  }
}
