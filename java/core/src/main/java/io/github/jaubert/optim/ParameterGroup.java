package io.github.jaubert.optim;

import io.github.jaubert.nn.Parameter;
import java.util.List;
import java.util.function.Predicate;

/**
 * Parameters that an optimizer treats alike.
 *
 * @param name what to call the group
 * @param parameters its members; those without a gradient are passed over
 * @param learningRateScale by which the step's learning rate is multiplied, such as 0.9 to the
 *     power of a layer's depth
 * @param weightDecay the share of the learning rate by which a weight shrinks at each step
 */
public record ParameterGroup(
    String name, List<Parameter> parameters, float learningRateScale, float weightDecay) {

  /** Checks that both numbers are finite and not negative. */
  public ParameterGroup {
    parameters = List.copyOf(parameters);
    if (!(learningRateScale >= 0 && learningRateScale < Float.POSITIVE_INFINITY)
        || !(weightDecay >= 0 && weightDecay < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "parameter group %s: learning rate scale %s and weight decay %s must be finite and not negative"
              .formatted(name, learningRateScale, weightDecay));
    }
  }

  /**
   * The usual two groups: {@code decay} with the weights of linear layers and embeddings, and
   * {@code no_decay} with biases and the scales and shifts of normalisations, which are the tensors
   * of at most one axis and those named {@code bias}.
   */
  public static List<ParameterGroup> byDecay(List<Parameter> parameters, float weightDecay) {
    Predicate<Parameter> exempt = p -> p.shape().rank() <= 1 || p.name().endsWith("bias");
    return List.of(
        new ParameterGroup(
            "decay", parameters.stream().filter(exempt.negate()).toList(), 1, weightDecay),
        new ParameterGroup("no_decay", parameters.stream().filter(exempt).toList(), 1, 0));
  }
}
