package io.github.jaubert.cli.options;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.LoraConfig;
import io.github.jaubert.bert.LoraModel;
import io.github.jaubert.bert.checkpoint.AdapterFolder;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.Program;
import io.github.jaubert.cli.console.Wording;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that train low-rank adapters (LoRA) and the head instead of the whole model. */
public final class LoraOptions {
  private static final String RANK = "--lora-rank";

  /** Where the adapter lies beside the model that it was merged into. */
  private static final String FOLDER = "adapter";

  /** No name of a layer has one of these. */
  private static final Pattern REGEX = Pattern.compile(".*[*+?()\\[\\]|\\\\^$].*");

  @Option(
      names = RANK,
      paramLabel = "R",
      description =
          "Train low-rank adapters (LoRA) of this rank, such as 8, and the head, instead of all"
              + " weights: less memory, and small checkpoints. The default learning rate is then ten times"
              + " as large, and 2e-3 for hidden sizes up to 384. The result is a model like any other, into which they are merged; the"
              + " adapter alone, as PEFT loads it, is beside it in adapter/.")
  private Integer rank;

  @Option(
      names = "--lora-alpha",
      paramLabel = "ALPHA",
      description = "The product of both matrices is scaled by ALPHA / R. Default: twice the rank.")
  private Double alpha;

  @Option(
      names = "--lora-dropout",
      paramLabel = "P",
      description = "The share of the adapters' inputs that is dropped in training. Default: 0.")
  private Double dropout;

  @Option(
      names = "--lora-targets",
      split = ",",
      paramLabel = "LAYER,LAYER",
      hideParamSyntax = true,
      description =
          "Which linear layers get an adapter: the ends of their names, as query,value; a regular"
              + " expression of whole names; or all-linear. Default: queries and values.")
  private List<String> targets;

  @Option(names = "--lora-rslora", description = "Scale by ALPHA / sqrt(R), for large ranks.")
  private boolean rslora;

  @Option(
      names = "--adapter-only",
      description =
          "With --lora-rank, write the adapter alone. Whoever loads it needs the folder of --model"
              + " where it is now.")
  private boolean adapterOnly;

  public boolean isGiven() {
    return rank != null;
  }

  /**
   * Refuses what does not fit together or is out of range.
   *
   * @param model the folder to begin with; null for the model that comes with the command
   */
  public void check(CommandLine command, Path model) {
    if (rank == null) {
      for (OptionSpec option : command.getParseResult().matchedOptions()) {
        if (DataOptions.isOf(option, LoraOptions.class)) {
          throw new ParameterException(command, option.longestName() + " needs " + RANK);
        }
      }
      return;
    }
    checked(command, this::config);
    if (adapterOnly && model == null) {
      throw new ParameterException(
          command,
          "--adapter-only needs --model, whose folder an adapter refers to; %s download minilm makes one of the usual model"
              .formatted(Program.command()));
    }
    if (model != null && AdapterFolder.isIn(model)) {
      throw new ParameterException(
          command,
          "%s: --model %s is an adapter itself; give its base, or leave %s away to train both as one"
              .formatted(RANK, model, RANK));
    }
  }

  private LoraConfig config() {
    LoraConfig config = LoraConfig.of(rank).withRslora(rslora);
    config = alpha == null ? config : config.withLoraAlpha(alpha);
    config = dropout == null ? config : config.withLoraDropout(dropout);
    if (targets == null) {
      return config;
    }
    String joined = String.join(",", targets); // an expression may have commas
    return joined.equals(LoraConfig.ALL_LINEAR) || REGEX.matcher(joined).matches()
        ? config.withTargetPattern(joined)
        : config.withTargetModules(targets.toArray(new String[0]));
  }

  /**
   * Puts adapters on a model, if they are asked for.
   *
   * @param base what the model is called that comes with the command
   * @return null if they are not
   */
  public LoraModel apply(CommandLine command, EncoderModel<?> model, String base) {
    if (rank == null) {
      return null;
    }
    LoraModel lora = checked(command, () -> LoraModel.of(model, config()));
    if (lora.baseModel() == null) {
      lora.baseModel(base);
    }
    command
        .getOut()
        .printf(
            "LoRA of rank %d on %s; %s%n",
            rank, Figures.counted(lora.targets().size(), "layer"), lora);
    return lora;
  }

  private static <T> T checked(CommandLine command, Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, Wording.options(e.getMessage()), e);
    }
  }

  /** Writes for {@code run.json} what the settings of the run do not tell. */
  public static void describe(ObjectNode json, LoraModel lora) {
    LoraConfig config = lora.config(lora.activeAdapter());
    ObjectNode own = json.putObject("lora");
    own.put("r", config.r());
    own.put("lora_alpha", config.loraAlpha());
    own.put("lora_dropout", config.loraDropout());
    own.put("use_rslora", config.useRslora());
    ArrayNode layers = own.putArray("target_modules");
    lora.targets().forEach(layers::add);
    ArrayNode saved = own.putArray("modules_to_save");
    config.modulesToSave().forEach(saved::add);
    own.put("trainable_parameters", lora.trainableParameters());
  }

  /** Writes the adapter, and the model with it merged unless the adapter is all that is wanted. */
  public void save(PrintWriter say, LoraModel lora, EncoderModel<?> model, Path folder) {
    if (adapterOnly) {
      removeOld(folder);
      lora.save(folder);
      return;
    }
    Path beside = folder.resolve(FOLDER);
    lora.save(beside);
    if (!lora.isMerged()) {
      lora.merge();
    }
    model.save(folder);
    say.printf("the adapter alone is in %s%n", beside);
  }

  /** Deletes the adapter of a run whose model is replaced by one without any. */
  public static void removeOld(Path folder) {
    for (String name :
        List.of(AdapterFolder.CONFIG, AdapterFolder.WEIGHTS, AdapterFolder.MODEL_CONFIG)) {
      Path file = folder.resolve(FOLDER).resolve(name);
      if (Files.exists(file)) {
        AtomicFile.delete(file);
      }
    }
  }
}
