package io.github.jaubert.train;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.AdamWOptions;
import io.github.jaubert.optim.Decay;
import io.github.jaubert.optim.ParameterGroup;
import io.github.jaubert.optim.Schedule;
import io.github.jaubert.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Everything that decides, besides model and data, what a run computes. Two runs with equal
 * settings give the same bits, and a run is only resumed with the settings it began with.
 *
 * @param epochs passes over the training data
 * @param learningRate the largest learning rate
 * @param curve how it goes down after the warmup
 * @param warmup the share of all steps over which it rises
 * @param rateScales parts of the model with another learning rate
 * @param layerDecay the learning rate of each layer as a part of that of the layer above; what
 *     {@code rateScales} names goes by that alone
 * @param weightDecay for all weights but biases and LayerNorm
 * @param maxNorm the global norm that gradients are clipped to, 0 for none
 * @param batchSize sentences a batch, 0 if batches are counted in tokens
 * @param batchTokens tokens a batch, 0 if batches are counted in sentences
 * @param gradientAccumulation batches a step
 * @param maxLength tokens a text (or pair) is cut to
 * @param seed of the order of the examples and of dropout
 * @param logEvery steps between readings of the loss
 * @param evaluateEvery steps between evaluations, 0 for the end of each epoch
 * @param evaluateEpochs epochs between evaluations at the end of one; the last epoch always has one
 * @param emaDecay the decay, each step, of the average of the weights that the run is judged by and
 *     ends with; 0 for none
 * @param keepBest whether the weights of the best evaluation are kept in the end, and not the last
 * @param graphs whether batches are padded, for steps to be replayed
 * @param precision what the encoder computes in
 */
record TrainingSettings(
    int epochs,
    float learningRate,
    Decay.Curve curve,
    float warmup,
    List<RateScale> rateScales,
    float layerDecay,
    float weightDecay,
    float maxNorm,
    int batchSize,
    int batchTokens,
    int gradientAccumulation,
    int maxLength,
    long seed,
    int logEvery,
    int evaluateEvery,
    int evaluateEpochs,
    float emaDecay,
    boolean keepBest,
    boolean graphs,
    DType precision) {

  /** The parameters that a regular expression finds, and the factor of their learning rate. */
  record RateScale(String regex, float scale) {
    boolean fits(String name) {
      return Pattern.compile(regex).matcher(name).find();
    }

    /** What was asked for by name, and then the layers from the top down. */
    private static List<RateScale> withLayers(
        List<RateScale> named, float layerDecay, SequenceClassifier model) {
      List<RateScale> scales = new ArrayList<>(named);
      if (layerDecay != 1) {
        double scale = 1;
        for (int layer = model.config().numHiddenLayers() - 1; layer >= 0; layer--) {
          scales.add(new RateScale("(^|\\.)encoder\\.layer\\." + layer + "\\.", (float) scale));
          scale *= layerDecay;
        }
        scales.add(new RateScale("(^|\\.)embeddings\\.", (float) scale));
        scales.removeIf(one -> !named.contains(one) && !one.findsTrained(model));
      }
      return scales;
    }

    private boolean findsTrained(SequenceClassifier model) {
      return model.parameters().stream().anyMatch(p -> !p.frozen() && fits(p.name()));
    }
  }

  Schedule schedule(long steps) {
    return new Decay(curve, learningRate, steps, 0).warmup(warmup);
  }

  boolean evaluatesAt(int step) {
    return evaluateEvery > 0 && step % evaluateEvery == 0;
  }

  /**
   * AdamW over all parameters that are not frozen: with and without weight decay, for each learning
   * rate.
   */
  AdamW optimizer(SequenceClassifier model) {
    List<RateScale> asked = RateScale.withLayers(rateScales, layerDecay, model);
    List<RateScale> scales = new ArrayList<>(asked);
    scales.add(new RateScale("", 1)); // finds every name
    Map<RateScale, List<Parameter>> members = new LinkedHashMap<>();
    for (Parameter parameter : model.parameters()) {
      if (!parameter.frozen()) {
        RateScale first =
            scales.stream().filter(scale -> scale.fits(parameter.name())).findFirst().orElseThrow();
        members.computeIfAbsent(first, scale -> new ArrayList<>()).add(parameter);
      }
    }
    for (RateScale scale : asked) {
      if (!members.containsKey(scale)) {
        throw new IllegalArgumentException(
            "learningRateScale: no parameter that is trained has a name with " + scale.regex());
      }
    }
    List<ParameterGroup> groups = new ArrayList<>();
    members.forEach(
        (scale, parts) ->
            ParameterGroup.byDecay(parts, weightDecay)
                .forEach(
                    g ->
                        groups.add(
                            new ParameterGroup(
                                g.name() + " " + scale.regex(),
                                g.parameters(),
                                scale.scale(),
                                g.weightDecay()))));
    return AdamW.ofGroups(
        groups,
        learningRate,
        AdamWOptions.defaults().withWeightDecay(weightDecay).withMaxNorm(maxNorm));
  }

  /** Every setting by name, as numbers, truth values, text, and a factor by regular expression. */
  Map<String, Object> byName() {
    Map<String, Object> names = new LinkedHashMap<>();
    names.put("epochs", epochs);
    names.put("learning_rate", learningRate);
    names.put("schedule", curve.toString());
    names.put("warmup", warmup);
    Map<String, Float> scales = new LinkedHashMap<>();
    rateScales.forEach(one -> scales.putIfAbsent(one.regex(), one.scale())); // the first counts
    names.put("learning_rate_scales", scales);
    names.put("layer_decay", layerDecay);
    names.put("weight_decay", weightDecay);
    names.put("max_norm", maxNorm);
    names.put("batch_size", batchSize);
    names.put("batch_tokens", batchTokens);
    names.put("gradient_accumulation", gradientAccumulation);
    names.put("max_length", maxLength);
    names.put("seed", seed);
    names.put("log_every", logEvery);
    names.put("evaluate_every", evaluateEvery);
    names.put("evaluate_epochs", evaluateEpochs);
    names.put("ema_decay", emaDecay);
    names.put("keep_best", keepBest);
    names.put("graphs", graphs);
    names.put("precision", precision.toString());
    return names;
  }

  /**
   * Those that the result depends on: not when the loss is read, nor when the model is evaluated if
   * no evaluation decides anything.
   */
  Map<String, Object> identity() {
    Map<String, Object> identity = byName();
    identity.remove("log_every");
    if (!keepBest) {
      identity.keySet().removeAll(Set.of("evaluate_every", "evaluate_epochs"));
    }
    return identity;
  }
}
