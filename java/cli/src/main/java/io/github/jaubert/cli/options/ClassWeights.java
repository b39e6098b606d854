package io.github.jaubert.cli.options;

import io.github.jaubert.train.SequenceClassification;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How much examples count by their labels.
 *
 * @param numbers one a label; null: all labels count the same, however rare they are
 */
record ClassWeights(float[] numbers) {
  private static final String BALANCED = "balanced";

  /** Reads {@code balanced} or numbers. */
  static final class Converter implements ITypeConverter<ClassWeights> {
    @Override
    public ClassWeights convert(String value) {
      if (value.equalsIgnoreCase(BALANCED)) {
        return new ClassWeights(null);
      }
      String[] parts = value.split(",", -1);
      float[] numbers = new float[parts.length];
      for (int i = 0; i < parts.length; i++) {
        try {
          numbers[i] = Float.parseFloat(parts[i].strip());
        } catch (NumberFormatException e) {
          throw new TypeConversionException(
              "'%s' is not a number; numbers with commas between, or balanced".formatted(parts[i]));
        }
      }
      return new ClassWeights(numbers);
    }
  }

  void apply(SequenceClassification task) {
    if (numbers == null) {
      task.balancedClassWeights();
    } else {
      task.classWeights(numbers);
    }
  }
}
