package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.TokenClassification;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.DataOptions;
import io.github.jaubert.cli.options.TrainingOptions.Suggestion;
import io.github.jaubert.cli.predict.EntityAnswers;
import io.github.jaubert.train.Judgement;
import io.github.jaubert.train.TokenTagging;
import io.github.jaubert.train.Trainer;
import io.github.jaubert.train.TrainingResult;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.LabelText;
import io.github.jaubert.train.data.TaggedDataset;
import io.github.jaubert.train.data.TaggedSentence;
import io.github.jaubert.train.data.WordIds;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** Sentences of words with a tag each, such as names of persons and places. */
public final class TokenJob extends ClassifierJob<TokenClassifier> {
  private static final int LISTED = 12;

  private final TaggedDataset train;
  private final TaggedDataset eval; // null if there is none
  private TokenTagging task; // null until there is a trainer

  private TokenJob(Options options, Labels labels, TaggedDataset train, TaggedDataset eval) {
    super(options, "sentence", labels, data(train), eval == null ? null : data(eval));
    this.train = train;
    this.eval = eval;
  }

  private static Data data(TaggedDataset data) {
    return new Data(data.source(), data.size());
  }

  /** The files that the options name. */
  public static TokenJob files(Options options) {
    DataOptions data = options.data();
    TaggedDataset all = options.tags().read(data.train(), data.format);
    // A sample may lack tags of which there are few.
    List<String> tags = all.tagNames();
    if (tags.size() < 2) {
      throw new DataException(
          all.source(), "every tag is " + tags.get(0) + "; there is nothing to tell apart");
    }
    long seed = options.training().seed;
    TaggedDataset train = limited(all, data.trainLimit, seed);
    TaggedDataset eval =
        data.eval() == null
            ? null
            : limited(options.tags().read(data.eval(), data.format), data.evalLimit, seed);
    return new TokenJob(options, Labels.of(tags), train, eval);
  }

  private static TaggedDataset limited(TaggedDataset data, Integer limit, long seed) {
    return limit == null ? data : data.sample(limit, seed);
  }

  @Override
  public String name() {
    return options().data().name();
  }

  @Override
  public Suggestion suggestion() {
    return Suggestion.FILES;
  }

  @Override
  TokenClassifier newModel() {
    return options()
        .encoder()
        .classifier(
            options().command(),
            labels(),
            TokenClassifier::headOutputs,
            TokenClassifier::fromPretrained,
            TokenClassifier::of);
  }

  @Override
  TokenClassifier loadTeacher() {
    return options()
        .teacher()
        .open(
            labels(),
            TokenClassifier::headOutputs,
            TokenClassifier::fromPretrained,
            folder -> TokenClassifier.fromPretrained(folder, labels()));
  }

  @Override
  String predicted() {
    return "one of %d tags for each word".formatted(labels().size());
  }

  @Override
  List<String> understood() {
    TaggedSentence first = train.sentences().get(0);
    return List.of(
        "tags: %s; the first word is '%s' and has %s (--word-column, --tag-column)"
            .formatted(
                LabelText.listed(labels().names(), LISTED),
                first.words().get(0),
                first.tags().get(0)));
  }

  @Override
  public void describe(ObjectNode json) {
    super.describe(json);
    json.put("task", "tokens");
  }

  @Override
  public Trainer trainer() {
    task = TokenTagging.of(model(), tokenizer()).train(train).labelled(options().tags().labelled);
    options().training().apply(options().command(), task);
    if (eval != null) {
      options().tags().judge(options().command(), task, eval);
    }
    return trainer(task);
  }

  // ---- what came of it ----

  @Override
  public void find(Findings findings, TrainingResult result) {
    if (eval != null) {
      List<Judgement> judgements =
          task.judgements(result).stream().map(one -> inEntities(one)).toList();
      findings.errors(judgements, "probability", this::row);
    }
  }

  private Judgement inEntities(Judgement one) {
    TaggedSentence sentence = eval.sentences().get(one.row());
    return new Judgement(
        one.row(), entities(sentence.words(), one.answer()), one.score(), one.right());
  }

  private Findings.Row row(int number) {
    TaggedSentence sentence = eval.sentences().get(number);
    return Findings.row(
        eval.origin(),
        sentence.line(),
        WordIds.join(sentence.words()),
        null,
        entities(sentence.words(), sentence.tags()));
  }

  @Override
  public void answers(Path folder, PrintWriter out) {
    try (TokenClassification tagger = Pipelines.tokenClassification(folder)) {
      EntityAnswers answers = new EntityAnswers(tagger, EntityAnswers.USUAL, false);
      eval.sentences().stream()
          .limit(Figures.SHOWN)
          .forEach(
              sentence -> {
                String text = WordIds.join(sentence.words());
                out.printf(
                    "  %s%n    %s (it has %s)%n",
                    Figures.shortened(text),
                    answers.lines(List.of(text), null).get(0),
                    truth(sentence));
              });
    }
  }

  private String truth(TaggedSentence sentence) {
    List<String> entities = entities(sentence.words(), sentence.tags());
    return entities.isEmpty() ? EntityAnswers.NONE : String.join(", ", entities);
  }

  private List<String> entities(List<String> words, List<String> tags) {
    return options().tags().scheme.entities(tags).stream()
        .map(
            entity ->
                WordIds.join(words.subList(entity.first(), entity.last() + 1))
                    + " "
                    + entity.type())
        .toList();
  }
}
