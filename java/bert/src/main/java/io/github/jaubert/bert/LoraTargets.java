package io.github.jaubert.bert;

import io.github.jaubert.nn.Block;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which parts of a model an adapter is for. */
final class LoraTargets {
  private static final String POOLER = "pooler";
  private static final int LISTED = 12;

  private LoraTargets() {}

  /** The settings with what suits a model where nothing is said. */
  static LoraConfig complete(LoraConfig config, Block model) {
    LoraConfig complete = config;
    if (config.targetModules() == null && config.targetPattern() == null) {
      Encoder encoder = LoraModel.encoder(model);
      if (encoder == null) {
        throw new IllegalArgumentException(
            "target_modules: the model has no encoder that they could go by; name its layers");
      }
      complete =
          complete.withTargetModules(encoder.architecture().loraTargets().toArray(new String[0]));
    }
    return config.modulesToSave() == null
        ? complete.withModulesToSave(heads(model).toArray(new String[0]))
        : complete;
  }

  /** What lies beside the encoder of a model, and the pooler that its head reads. */
  private static List<String> heads(Block model) {
    List<String> heads = new ArrayList<>();
    if (model instanceof Encoder || LoraModel.encoder(model) == null) {
      return heads;
    }
    model
        .children()
        .forEach(
            (name, child) -> {
              if (LoraModel.encoder(child) == null && !child.parameters().isEmpty()) {
                heads.add(name);
              }
            });
    if (model instanceof EncoderModel<?> whole && whole.encoder().children().containsKey(POOLER)) {
      heads.add(POOLER);
    }
    return heads;
  }

  /**
   * The linear layers that get an adapter.
   *
   * @param linears the names of all
   * @throws IllegalArgumentException if there are none
   */
  static List<String> targets(LoraConfig config, Collection<String> linears) {
    List<String> targets = linears.stream().filter(config::targets).toList();
    if (targets.isEmpty()) {
      throw new IllegalArgumentException(
          "target_modules %s match no linear layer; there are %s"
              .formatted(
                  config.targetPattern() == null ? config.targetModules() : config.targetPattern(),
                  listed(linears)));
    }
    if (config.targetPattern() == null) {
      for (String name : config.targetModules()) {
        if (linears.stream().noneMatch(l -> l.equals(name) || l.endsWith("." + name))) {
          throw new IllegalArgumentException(
              "target_modules: no linear layer is called '%s'; there are %s"
                  .formatted(name, listed(linears)));
        }
      }
    }
    return targets;
  }

  /** The ends of the names, which is what targets are usually called by. */
  private static String listed(Collection<String> linears) {
    List<String> names =
        linears.stream().map(name -> name.replaceFirst(".*\\.\\d+\\.", "")).distinct().toList();
    return String.join(", ", names.subList(0, Math.min(LISTED, names.size())))
        + (names.size() > LISTED ? ", …" : "");
  }

  /**
   * The parameters that are trained as they are, by name.
   *
   * @throws IllegalArgumentException if a name finds no block with parameters
   */
  static Map<String, Tensor> savedParameters(LoraConfig config, Block model) {
    Map<String, Tensor> saved = new LinkedHashMap<>();
    for (String module : config.modulesToSave()) {
      int before = saved.size();
      collect("", model, config.withModulesToSave(module), saved);
      if (saved.size() == before) {
        throw new IllegalArgumentException(
            "modules_to_save: no block with parameters is called '" + module + "'");
      }
    }
    return saved;
  }

  private static void collect(
      String prefix, Block block, LoraConfig config, Map<String, Tensor> found) {
    block
        .children()
        .forEach(
            (name, child) -> {
              if (config.saves(prefix + name)) {
                child
                    .parameters()
                    .forEach(p -> found.put(prefix + name + "." + p.name(), p.tensor()));
              } else {
                collect(prefix + name + ".", child, config, found);
              }
            });
  }
}
