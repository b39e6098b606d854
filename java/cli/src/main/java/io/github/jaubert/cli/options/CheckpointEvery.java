package io.github.jaubert.cli.options;

import io.github.jaubert.train.Trainer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * From one checkpoint to the next.
 *
 * @param steps 0 if it is a time
 * @param time null if it is a number of steps
 */
record CheckpointEvery(int steps, Duration time) {
  /** A number of steps, or a time with its unit. */
  static final class Converter implements ITypeConverter<CheckpointEvery> {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,8})(s|m|min|h)?");

    @Override
    public CheckpointEvery convert(String text) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is neither steps, as 500, nor a time, as 10m");
      }
      int number = Integer.parseInt(matcher.group(1));
      if (matcher.group(2) == null) {
        return new CheckpointEvery(number, null);
      }
      return new CheckpointEvery(
          0,
          switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofMinutes(number);
          });
    }
  }

  void apply(Trainer trainer, Path run) {
    if (time == null) {
      trainer.checkpoints(run, steps);
    } else {
      trainer.checkpoints(run, time);
    }
  }
}
