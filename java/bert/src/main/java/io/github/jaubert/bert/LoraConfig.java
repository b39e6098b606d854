package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AdapterFolder;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * How low-rank adapters are put on a model (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large
 * Language Models"), in the words of PEFT's {@code LoraConfig}: a linear layer with the weight W,
 * which stays as it is, then computes {@code x W^T + bias + scaling · dropout(x) A^T B^T}, and A
 * and B are trained. Immutable.
 *
 * @param r the rank: A is {@code [r, in]}, B is {@code [out, r]}
 * @param loraAlpha the scaling is {@code loraAlpha / r}
 * @param loraDropout the probability with which the adapter's input is dropped
 * @param targetModules the linear layers that get one, by their names or the ends of these, as
 *     {@code query}; null for {@link Architecture#loraTargets} of the encoder, or the pattern
 * @param targetPattern a regular expression of whole names instead, or {@code all-linear}; null for
 *     the names
 * @param useRslora whether the scaling is {@code loraAlpha / sqrt(r)} (Kalajdzievski 2023), with
 *     which large ranks learn as fast as small ones
 * @param modulesToSave blocks that are trained as they are, by names as those of the targets; null
 *     for the head of a model, and the pooler that it reads
 */
public record LoraConfig(
    int r,
    double loraAlpha,
    double loraDropout,
    List<String> targetModules,
    String targetPattern,
    boolean useRslora,
    List<String> modulesToSave) {
  /** Instead of a pattern: every linear layer that is not trained as it is. */
  public static final String ALL_LINEAR = "all-linear";

  /** What PEFT can do besides: a field that says one of these is refused. */
  private static final List<String> UNKNOWN =
      List.of(
          "use_dora",
          "use_qalora",
          "use_bdlora",
          "lora_bias",
          "rank_pattern",
          "alpha_pattern",
          "layer_replication",
          "trainable_token_indices",
          "target_parameters",
          "alora_invocation_tokens",
          "arrow_config",
          "kasa_config",
          "monteclora_config");

  /** First values of A and B that are taken off the weights of the base. */
  private static final Pattern CHANGES_BASE =
      Pattern.compile("(pissa|olora|loftq|corda|lora_ga).*");

  /** Checks the values. */
  public LoraConfig {
    if (r < 1) {
      throw new IllegalArgumentException("r is " + r + "; it must be at least 1");
    }
    if (!(loraAlpha > 0 && loraAlpha < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "lora_alpha is " + loraAlpha + "; it must be a finite number above 0");
    }
    ConfigJson.probability("lora_dropout", loraDropout);
    if (targetModules != null && targetPattern != null) {
      throw new IllegalArgumentException("target_modules are names or a pattern, not both");
    }
    if (targetModules != null && targetModules.isEmpty()) {
      throw new IllegalArgumentException("target_modules is empty; name at least one layer");
    }
    if (targetPattern != null) {
      try {
        Pattern.compile(targetPattern);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            "target_modules '"
                + targetPattern
                + "' is no regular expression: "
                + e.getMessage().lines().findFirst().orElse(""),
            e);
      }
    }
    targetModules = targetModules == null ? null : List.copyOf(targetModules);
    modulesToSave = modulesToSave == null ? null : List.copyOf(modulesToSave);
  }

  /** PEFT's defaults: rank 8, a scaling of 1, no dropout. */
  public static LoraConfig defaults() {
    return of(8).withLoraAlpha(8);
  }

  /** A rank, with an alpha of twice that: a scaling of 2. */
  public static LoraConfig of(int r) {
    return new LoraConfig(r, 2.0 * Math.max(1, r), 0, null, null, false, null);
  }

  /** With another alpha. */
  public LoraConfig withLoraAlpha(double alpha) {
    return new LoraConfig(
        r, alpha, loraDropout, targetModules, targetPattern, useRslora, modulesToSave);
  }

  /** With dropout. */
  public LoraConfig withLoraDropout(double p) {
    return new LoraConfig(r, loraAlpha, p, targetModules, targetPattern, useRslora, modulesToSave);
  }

  /** With the layers that get an adapter, by their names or the ends of these. */
  public LoraConfig withTargetModules(String... names) {
    return new LoraConfig(
        r, loraAlpha, loraDropout, List.of(names), null, useRslora, modulesToSave);
  }

  /** The same by a regular expression of whole names, or {@link #ALL_LINEAR}. */
  public LoraConfig withTargetPattern(String regex) {
    return new LoraConfig(r, loraAlpha, loraDropout, null, regex, useRslora, modulesToSave);
  }

  /** With or without rank-stabilized scaling. */
  public LoraConfig withRslora(boolean on) {
    return new LoraConfig(
        r, loraAlpha, loraDropout, targetModules, targetPattern, on, modulesToSave);
  }

  /** With the blocks that are trained as they are; none for none. */
  public LoraConfig withModulesToSave(String... names) {
    return new LoraConfig(
        r, loraAlpha, loraDropout, targetModules, targetPattern, useRslora, List.of(names));
  }

  /** By what the product of A and B is multiplied. */
  public float scaling() {
    return (float) (loraAlpha / (useRslora ? Math.sqrt(r) : r));
  }

  // ---- names ----

  /** Whether a linear layer gets an adapter; the targets are no longer null. */
  boolean targets(String name) {
    if (modulesToSave.stream().anyMatch(saved -> ("." + name + ".").contains("." + saved + "."))) {
      return false;
    }
    return targetPattern == null
        ? targetModules.stream().anyMatch(target -> isEnd(name, target))
        : targetPattern.equals(ALL_LINEAR) || name.matches(targetPattern);
  }

  /** Whether a block is trained as it is. */
  boolean saves(String name) {
    return modulesToSave.stream().anyMatch(saved -> isEnd(name, saved));
  }

  private static boolean isEnd(String name, String end) {
    return name.equals(end) || name.endsWith("." + end);
  }

  // ---- adapter_config.json ----

  /**
   * Reads the file of a folder.
   *
   * @throws CheckpointException if it is missing or damaged, or says what is not supported
   */
  static LoraConfig read(Path folder) {
    Path file = folder.resolve(AdapterFolder.CONFIG);
    ConfigJson json = ConfigJson.of(file.toString(), JsonFiles.readObject(file));
    json.mustBe("peft_type", "LORA", "only LORA is supported");
    json.mustBe("bias", "none", "only adapters that leave biases alone are supported");
    for (String field : UNKNOWN) {
      JsonNode value = json.field(field);
      boolean says = value.isContainerNode() ? !value.isEmpty() : !json.isAbsent(field);
      if (says && !(value.isBoolean() && !value.asBoolean())) {
        throw new CheckpointException(
            json.file(), field + " is " + value + ", which is not supported");
      }
    }
    String first = json.field("init_lora_weights").asText();
    if (CHANGES_BASE.matcher(first).matches()) {
      throw new CheckpointException(
          json.file(),
          "init_lora_weights is '"
              + first
              + "': it changes the base model; have PEFT convert the adapter when it saves it"
              + " (path_initial_model_for_weight_conversion)");
    }
    boolean pattern = json.field("target_modules").isTextual();
    List<String> saved = json.texts("modules_to_save");
    return json.checked(
        () ->
            new LoraConfig(
                json.integer("r", 8),
                json.number("lora_alpha", 8),
                json.number("lora_dropout", 0),
                pattern ? null : json.texts("target_modules"),
                pattern ? json.text("target_modules", null) : null,
                json.flag("use_rslora", false),
                saved == null ? List.of() : saved));
  }

  /**
   * The fields of adapter_config.json.
   *
   * @param base what the base model is called; null if that is not known
   * @param taskType PEFT's, such as {@code SEQ_CLS}, or null
   * @param targets the names that stand for the targets
   */
  ObjectNode toJson(String base, String taskType, List<String> targets) {
    ObjectNode json = JsonFiles.object();
    json.putNull("auto_mapping");
    json.put("base_model_name_or_path", base);
    json.put("bias", "none");
    json.put("fan_in_fan_out", false);
    json.put("inference_mode", true);
    json.put("init_lora_weights", true);
    if (loraAlpha == Math.rint(loraAlpha) && loraAlpha < Integer.MAX_VALUE) {
      json.put("lora_alpha", (int) loraAlpha);
    } else {
      json.put("lora_alpha", loraAlpha);
    }
    json.put("lora_dropout", loraDropout);
    put(json, "modules_to_save", modulesToSave);
    json.put("peft_type", "LORA");
    json.put("r", r);
    json.putNull("revision");
    if (targetPattern == null || targetPattern.equals(ALL_LINEAR)) {
      put(json, "target_modules", targets);
    } else {
      json.put("target_modules", targetPattern);
    }
    json.put("task_type", taskType);
    json.put("use_dora", false);
    json.put("use_rslora", useRslora);
    return json;
  }

  private static void put(ObjectNode json, String field, List<String> names) {
    if (names.isEmpty()) {
      json.putNull(field);
      return;
    }
    ArrayNode array = json.putArray(field);
    new ArrayList<>(names).forEach(array::add);
  }
}
