package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A model with low-rank adapters (Hu et al. 2021, "LoRA"), by PEFT's names: the weights of the
 * model are frozen, and for a task two small matrices beside some of its linear layers are trained,
 * with the head. So gradients, the state of the optimizer and checkpoints are small, and several
 * tasks share one model in memory. A new adapter changes nothing before it is trained.
 *
 * <pre>{@code
 * SequenceClassifier model = SequenceClassifier.of(Encoder.fromPretrained(dir), labels);
 * LoraModel lora = LoraModel.of(model, LoraConfig.of(8).withLoraDropout(0.1));
 * Trainer.of(SequenceClassification.of(model, tokenizer).train(data)).run();
 * lora.save(folder);    // PEFT loads it: PeftModel.from_pretrained(base, folder)
 * lora.merge();         // or as one model:
 * model.save(other);
 * }</pre>
 *
 * <p>The model computes and is trained as without adapters; their parameters are its own, under
 * names such as {@code bert.encoder.layer.0.attention.self.query.lora_A.default.weight}, and are
 * freed with it. Choosing, merging and saving adapters is for one thread.
 */
public final class LoraModel {
  private static final String DEFAULT = "default";
  private static final Pattern NAME = Pattern.compile("[\\w-]+");

  private final Block model;
  private final Map<String, Linear> linears = new LinkedHashMap<>();
  private final Map<String, LoraLayer> layers = new LinkedHashMap<>(); // by name of the linear one
  private final Map<String, LoraConfig> configs = new LinkedHashMap<>();
  private final Set<String> trained = new HashSet<>();
  private final SavedModules saved = new SavedModules();
  private String baseModel; // null: not known
  private String active; // null: none
  private boolean isMerged;

  private LoraModel(Block model) {
    this.model = Objects.requireNonNull(model, "model");
    collect("", model, linears);
    if (linears.values().stream().anyMatch(linear -> linear.adapter() != null)) {
      throw new IllegalStateException(
          "the model has adapters already: add others to their LoraModel");
    }
    Encoder encoder = encoder(model);
    baseModel = encoder == null ? null : encoder.source();
  }

  private static void collect(String prefix, Block block, Map<String, Linear> found) {
    block
        .children()
        .forEach(
            (name, child) -> {
              if (child instanceof Linear linear) {
                found.put(prefix + name, linear);
              } else {
                collect(prefix + name + ".", child, found);
              }
            });
  }

  /** The first encoder in a model, or null. */
  static Encoder encoder(Block block) {
    if (block instanceof Encoder encoder) {
      return encoder;
    }
    return block.children().values().stream()
        .map(LoraModel::encoder)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  // ---- making one ----

  /**
   * Freezes a model and puts a new adapter called {@code default} on it, to be trained; what PEFT
   * calls {@code get_peft_model}. First values come from {@code Rng.global()}.
   *
   * @param model an encoder with a head, an encoder, or any block with linear layers; it still
   *     belongs to the caller
   * @throws IllegalArgumentException if the targets or the modules to save match nothing
   * @throws IllegalStateException if it has adapters already
   */
  public static LoraModel of(Block model, LoraConfig config) {
    LoraModel lora = new LoraModel(model);
    lora.addAdapter(DEFAULT, config);
    return lora;
  }

  /**
   * Freezes a model and puts an adapter on it that PEFT or {@link #save} wrote, to be used as it
   * is; what PEFT calls {@code PeftModel.from_pretrained}.
   *
   * @param model the base model of the adapter
   * @throws CheckpointException if a file is missing or damaged, says what is not supported, or
   *     does not fit the model
   */
  public static LoraModel fromPretrained(Block model, Path folder) {
    LoraModel lora = new LoraModel(model);
    lora.loadAdapter(folder, DEFAULT);
    return lora;
  }

  /**
   * The same for a folder or the name of an adapter on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static LoraModel fromPretrained(Block model, String folderOrName) {
    return fromPretrained(model, ModelNames.folder(folderOrName, true));
  }

  /** The same to be trained further: PEFT's {@code is_trainable}. */
  public static LoraModel forTraining(Block model, Path folder) {
    LoraModel lora = fromPretrained(model, folder);
    lora.trained.add(DEFAULT);
    lora.setAdapter(DEFAULT);
    return lora;
  }

  /** Whether an adapter adds to what a model computes, so that it is trained in place of it. */
  public static boolean isAdapted(Block model) {
    Map<String, Linear> linears = new LinkedHashMap<>();
    collect("", model, linears);
    return linears.values().stream().anyMatch(Linear::isAdapted);
  }

  // ---- adapters ----

  /**
   * Adds a new adapter, to be trained, and makes it the active one.
   *
   * @param name letters, digits, _ and -
   * @throws IllegalArgumentException if the name is taken or is none, or the targets or the modules
   *     to save match nothing
   */
  public void addAdapter(String name, LoraConfig config) {
    requireNew(name);
    LoraConfig complete = LoraTargets.complete(config, model);
    List<String> targets = LoraTargets.targets(complete, linears.keySet());
    Map<String, Tensor> modules = LoraTargets.savedParameters(complete, model);
    put(name, complete, targets, modules);
    trained.add(name);
    setAdapter(name);
  }

  /**
   * Loads an adapter beside those that there are, and makes it the active one. It is not trained.
   *
   * @throws CheckpointException as {@link #fromPretrained} does; nothing is changed then
   * @throws IllegalArgumentException if the name is taken or is none
   */
  public void loadAdapter(Path folder, String name) {
    requireNew(name);
    try (LoraFolder files = LoraFolder.open(folder)) {
      LoraFolder.Fitting fitting = files.fit(model, linears);
      put(name, files.config(), fitting.targets(), fitting.modules());
      for (String target : fitting.targets()) {
        layers.get(target).a(name).copyFrom(files.a(target));
        layers.get(target).b(name).copyFrom(files.b(target));
      }
      setAdapter(name);
      fitting.modules().forEach((key, tensor) -> tensor.copyFrom(files.module(key)));
    }
  }

  private void requireNew(String name) {
    requireUnmerged();
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "adapter '" + name + "': letters, digits, _ and - are needed");
    }
    if (configs.containsKey(name)) {
      throw new IllegalArgumentException("there is an adapter '" + name + "' already");
    }
  }

  private void put(
      String name, LoraConfig config, List<String> targets, Map<String, Tensor> modules) {
    activate(null);
    if (configs.isEmpty()) {
      model.freeze("");
    }
    for (String target : targets) {
      LoraLayer layer = layers.get(target);
      if (layer == null) {
        layer = new LoraLayer(linears.get(target));
        linears.get(target).attach(layer);
        layers.put(target, layer);
      }
      layer.put(name, config);
    }
    saved.put(name, modules);
    configs.put(name, config);
  }

  /**
   * Makes an adapter the one that computes, and is trained if it is to be.
   *
   * @throws IllegalArgumentException if there is none of this name
   * @throws IllegalStateException if one is merged
   */
  public void setAdapter(String name) {
    requireUnmerged();
    require(name);
    activate(name);
  }

  /**
   * The model as it was without adapters, its head included, until the result is closed.
   *
   * @throws IllegalStateException if one is merged
   */
  public Disabled disableAdapter() {
    requireUnmerged();
    String before = active;
    activate(null);
    return () -> activate(before);
  }

  /** Gives the adapter back that was active. */
  @FunctionalInterface
  public interface Disabled extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Removes an adapter and frees it. If it is the active one, none is then.
   *
   * @throws IllegalArgumentException if there is none of this name
   * @throws IllegalStateException if one is merged
   */
  public void deleteAdapter(String name) {
    requireUnmerged();
    require(name);
    if (name.equals(active)) {
      activate(null);
    }
    layers.values().stream().filter(layer -> layer.has(name)).forEach(layer -> layer.delete(name));
    saved.delete(name);
    configs.remove(name);
    trained.remove(name);
  }

  private void activate(String name) {
    trainable(active, false);
    saved.activate(name);
    layers.values().forEach(layer -> layer.activate(name));
    active = name;
    trainable(name, name != null && trained.contains(name));
  }

  private void trainable(String name, boolean on) {
    List<Tensor> own = new ArrayList<>(saved.of(name).values());
    for (LoraLayer layer : layers.values()) {
      if (name != null && layer.has(name)) {
        own.add(layer.a(name));
        own.add(layer.b(name));
      }
    }
    for (Tensor tensor : own) {
      if (!on) {
        tensor.zeroGrad();
      }
      tensor.requiresGrad(on);
    }
  }

  private void require(String name) {
    if (!configs.containsKey(name)) {
      throw new IllegalArgumentException(
          "no adapter is called '" + name + "'; there are " + configs.keySet());
    }
  }

  private void requireUnmerged() {
    if (isMerged) {
      throw new IllegalStateException(
          "the adapter '" + active + "' is merged into the weights: unmerge() first");
    }
  }

  private String requireActive() {
    if (active == null) {
      throw new IllegalStateException("no adapter is active: setAdapter(name) first");
    }
    return active;
  }

  // ---- what there is ----

  /** The model that has the adapters. */
  public Block model() {
    return model;
  }

  /** The names of the adapters, in the order in which they came. */
  public List<String> adapters() {
    return List.copyOf(configs.keySet());
  }

  /** The name of the adapter that computes; null if none does. */
  public String activeAdapter() {
    return active;
  }

  /** The settings of an adapter, its targets and modules to save included. */
  public LoraConfig config(String name) {
    require(name);
    return configs.get(name);
  }

  /** The names of the linear layers that the active adapter changes. */
  public List<String> targets() {
    String name = requireActive();
    return layers.entrySet().stream()
        .filter(layer -> layer.getValue().has(name))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** How many numbers are trained. */
  public long trainableParameters() {
    return model.parameters().stream()
        .filter(parameter -> !parameter.frozen())
        .mapToLong(parameter -> parameter.shape().numel())
        .sum();
  }

  /** As PEFT's {@code print_trainable_parameters} has it. */
  @Override
  public String toString() {
    long trainable = trainableParameters();
    long all = model.parameterCount();
    return "trainable params: %,d || all params: %,d || trainable%%: %.4f"
        .formatted(trainable, all, 100.0 * trainable / all);
  }

  // ---- one model of both ----

  /**
   * Puts the active adapter into the weights of the model, which then computes as fast as without
   * one, and can be saved as a whole. Training needs {@link #unmerge()} first. PEFT's {@code
   * merge_adapter}.
   *
   * @throws IllegalStateException if none is active, or it is merged
   */
  public void merge() {
    requireUnmerged();
    requireActive();
    layers.values().forEach(LoraLayer::merge);
    isMerged = true;
  }

  /** Gives the weights back as they were, to the bit; without a merged adapter does nothing. */
  public void unmerge() {
    layers.values().forEach(LoraLayer::unmerge);
    isMerged = false;
  }

  /** Whether the active adapter is in the weights. */
  public boolean isMerged() {
    return isMerged;
  }

  /**
   * Puts the active adapter into the weights for good and removes all; this object is of no use
   * then. All parameters remain frozen, see {@link Block#unfreeze}.
   *
   * @return the model, which is an ordinary one
   * @throws IllegalStateException if none is active
   */
  public Block mergeAndUnload() {
    requireActive();
    if (!isMerged) {
      merge();
    }
    trainable(active, false);
    layers.values().forEach(LoraLayer::unload);
    layers.clear();
    configs.clear();
    trained.clear();
    active = null;
    isMerged = false;
    return model;
  }

  // ---- saving ----

  /**
   * Says what the base model is called: a folder, or a name of the Hub, for {@code
   * base_model_name_or_path} of what is saved. Unless said, it is the folder that the encoder was
   * loaded from.
   *
   * @return this
   */
  public LoraModel baseModel(String nameOrPath) {
    baseModel = nameOrPath;
    return this;
  }

  /** What the base model is called; null if that is not known. */
  public String baseModel() {
    return baseModel;
  }

  /**
   * Writes the active adapter as PEFT does: adapter_config.json and adapter_model.safetensors with
   * A, B and the modules that were trained as they are. Beside them lie, for a model with a head,
   * the tokenizer, and jaubert_config.json, which is its config.json with its labels: with that
   * name it would keep {@code transformers} from the base. All are replaced together or not at all,
   * and those of a whole model that lay there are deleted.
   *
   * @throws CheckpointException if it cannot be written
   * @throws IllegalStateException if none is active
   */
  public void save(Path folder) {
    String name = requireActive();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String target : targets()) {
      tensors.put(target + "." + LoraLayer.A + ".weight", layers.get(target).a(name));
      tensors.put(target + "." + LoraLayer.B + ".weight", layers.get(target).b(name));
    }
    tensors.putAll(saved.of(name));
    LoraConfig config = configs.get(name);
    List<String> targets = targets();
    boolean byNames =
        config.targetModules() != null
            && targets.equals(linears.keySet().stream().filter(config::targets).toList());
    LoraFolder.write(
        folder, model, config, baseModel, byNames ? config.targetModules() : targets, tensors);
  }

  /**
   * The parameters of a model to be saved, without those of adapters.
   *
   * @throws IllegalStateException if an adapter adds to what it computes
   */
  static List<Parameter> wholeModel(Block model) {
    if (isAdapted(model)) {
      throw new IllegalStateException(
          "save: the model has an adapter beside its weights: save that with LoraModel.save, or"
              + " merge() it first");
    }
    return withoutAdapters(model);
  }

  /** The parameters of a model without those of adapters. */
  static List<Parameter> withoutAdapters(Block model) {
    Map<String, Linear> linears = new LinkedHashMap<>();
    collect("", model, linears);
    Set<Tensor> own = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Linear linear : linears.values()) {
      if (linear.adapter() != null) {
        linear.adapter().parameters().forEach(parameter -> own.add(parameter.tensor()));
      }
    }
    return model.parameters().stream().filter(p -> !own.contains(p.tensor())).toList();
  }
}
