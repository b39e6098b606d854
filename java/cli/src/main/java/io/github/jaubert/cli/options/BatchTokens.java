package io.github.jaubert.cli.options;

import io.github.jaubert.train.TrainingSettings;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How many tokens a batch has.
 *
 * @param tokens null: as many as memory allows at once, in steps that stay as they are
 */
record BatchTokens(Integer tokens) {
  boolean isAuto() {
    return tokens == null;
  }

  TrainingSettings apply(TrainingSettings settings) {
    return isAuto() ? settings.microBatchTokensByMemory() : settings.batchTokens(tokens);
  }

  @Override
  public String toString() {
    return isAuto() ? "auto" : tokens.toString();
  }

  /** Reads {@code auto} or a number. */
  static final class Converter implements ITypeConverter<BatchTokens> {
    @Override
    public BatchTokens convert(String text) {
      try {
        return new BatchTokens(text.equalsIgnoreCase("auto") ? null : Integer.valueOf(text));
      } catch (NumberFormatException e) {
        throw new TypeConversionException("'" + text + "' is no whole number, and not auto");
      }
    }
  }
}
