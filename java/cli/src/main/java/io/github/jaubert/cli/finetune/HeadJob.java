package io.github.jaubert.cli.finetune;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.LoraModel;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.options.EncoderOptions;
import io.github.jaubert.cli.options.LoraOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The job of a head: what is the same whatever its model and its data are. */
abstract class HeadJob<M extends EncoderModel<M>> implements Job {
  private final Options options;
  private final String thing;
  private final Labels labels;
  private final Data train;
  private final Data eval; // null if there is none
  private Tokenizer tokenizer; // null until it is opened
  private M model;
  private LoraModel lora; // null: all of the model is trained

  /** Where data come from, and how many examples they are. */
  record Data(String source, int size) {}

  /**
   * A job whose data were read.
   *
   * @param thing what an example is, such as {@code sentence}
   * @param labels null if the model learns none
   * @param eval null if there is none
   */
  HeadJob(Options options, String thing, Labels labels, Data train, Data eval) {
    this.options = options;
    this.thing = thing;
    this.labels = labels;
    this.train = train;
    this.eval = eval;
  }

  // ---- what a job says ----

  /** Makes the model, see {@link #open}. */
  abstract M newModel();

  /** What is predicted, such as {@code a score}. */
  abstract String predicted();

  /** What the data were understood as, in lines. */
  abstract List<String> understood();

  // ---- what follows ----

  final Options options() {
    return options;
  }

  final Tokenizer tokenizer() {
    return tokenizer;
  }

  final M model() {
    return model;
  }

  @Override
  public final Labels labels() {
    return labels;
  }

  @Override
  public List<String> said() {
    List<String> said = new ArrayList<>();
    said.add(
        "%s to learn from, %s; %s"
            .formatted(
                Figures.counted(train.size(), thing),
                eval == null
                    ? "none to be judged by"
                    : String.format(Locale.ROOT, "%,d to be judged by", eval.size()),
                predicted()));
    said.addAll(understood());
    return said;
  }

  @Override
  public void describe(ObjectNode json) {
    json.put("train", train.source());
    json.put("train_examples", train.size());
    json.put("eval", eval == null ? null : eval.source());
    json.put("eval_examples", eval == null ? 0 : eval.size());
    ArrayNode lines = json.putArray("understood");
    understood().forEach(lines::add);
    if (lora != null) {
      LoraOptions.describe(json, lora);
    }
  }

  @Override
  public void open(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    model = newModel();
    lora =
        options
            .lora()
            .apply(options.command(), model, "sentence-transformers/" + EncoderOptions.MINILM);
  }

  @Override
  public final EncoderConfig config() {
    return model.config();
  }

  @Override
  public void baselines(Report report) {}

  @Override
  public void save(Path folder) {
    if (lora == null) {
      model.save(folder);
      LoraOptions.removeOld(folder);
    } else {
      options.lora().save(options.command().getOut(), lora, model, folder);
    }
  }

  @Override
  public final String judgedBy() {
    return eval == null ? null : Figures.counted(eval.size(), "evaluation " + thing);
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
