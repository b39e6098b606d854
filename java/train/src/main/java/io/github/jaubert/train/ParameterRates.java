package io.github.jaubert.train;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.nn.Block;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamWOptions;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.optim.ParameterGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Which parameters of a model are trained with which learning rate. */
final class ParameterRates {
  private final Block model;
  private final TrainingSettings settings;

  /** Factors by the regular expressions of names; of those that fit a name the first counts. */
  private final Map<String, Float> scales;

  ParameterRates(TrainingSettings settings, Block model) {
    this.model = model;
    this.settings = settings;
    this.scales = settings.learningRateScales();
    if (settings.layerDecay() != 1) {
      Map<String, Encoder> encoders = Encoders.in(model);
      if (encoders.isEmpty()) {
        throw new IllegalArgumentException("layerDecay: the model has no encoder with layers");
      }
      encoders.forEach(this::addLayers);
    }
  }

  /** The layers of an encoder from the top down, and then its embeddings. */
  private void addLayers(String prefix, Encoder encoder) {
    String layers = encoder.architecture().layers();
    double scale = 1;
    for (int layer = encoder.config().storedLayers().count() - 1; layer >= 0; layer--) {
      scales.putIfAbsent("^" + Pattern.quote(prefix + layers + "." + layer + "."), (float) scale);
      scale *= settings.layerDecay();
    }
    String embeddings = encoder.architecture().wordEmbeddings().split("\\.", 2)[0];
    scales.putIfAbsent("^" + Pattern.quote(prefix + embeddings + "."), (float) scale);
  }

  /**
   * The optimizer of all parameters that are not frozen: with and without weight decay, for each
   * learning rate.
   *
   * @throws IllegalArgumentException if a setting names parameters that are not there
   */
  Optimizer optimizer() {
    settings.learningRateScales().keySet().forEach(this::requireTrained);
    Map<String, List<Parameter>> members = new LinkedHashMap<>();
    Map<String, Pattern> patterns = new LinkedHashMap<>();
    scales.keySet().forEach(regex -> patterns.put(regex, Pattern.compile(regex)));
    patterns.put("", Pattern.compile("")); // finds every name
    for (Parameter parameter : model.parameters()) {
      if (!parameter.frozen()) {
        String first =
            patterns.entrySet().stream()
                .filter(entry -> entry.getValue().matcher(parameter.name()).find())
                .findFirst()
                .orElseThrow()
                .getKey();
        members.computeIfAbsent(first, regex -> new ArrayList<>()).add(parameter);
      }
    }
    List<ParameterGroup> groups = new ArrayList<>();
    members.forEach((regex, parts) -> groups.addAll(groups(regex, parts)));
    AdamWOptions options = AdamWOptions.defaults();
    return settings
        .optimizer()
        .of(
            groups,
            settings.learningRate(),
            options
                .withBetas(options.beta1(), settings.beta2())
                .withEps(settings.eps())
                .withWeightDecay(settings.weightDecay())
                .withMaxNorm(settings.maxNorm()));
  }

  private void requireTrained(String regex) {
    Pattern pattern = Pattern.compile(regex);
    if (model.parameters().stream()
        .noneMatch(p -> !p.frozen() && pattern.matcher(p.name()).find())) {
      throw new IllegalArgumentException(
          "learningRateScale: no parameter that is trained has a name with " + regex);
    }
  }

  private List<ParameterGroup> groups(String regex, List<Parameter> parts) {
    float scale = scales.getOrDefault(regex, 1f);
    return ParameterGroup.byDecay(parts, settings.weightDecay()).stream()
        .map(
            group ->
                new ParameterGroup(
                    group.name() + " " + regex, group.parameters(), scale, group.weightDecay()))
        .toList();
  }
}
