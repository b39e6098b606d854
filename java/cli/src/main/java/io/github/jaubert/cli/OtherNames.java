package io.github.jaubert.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What options are called here that users know from the arguments of transformers' Trainer and its
 * scripts.
 */
final class OtherNames {
  private static final String SAME_COMMAND = "the same command once more: it goes on where it was";

  private static final Map<String, String> HERE =
      Map.ofEntries(
          Map.entry("--model-name-or-path", "--model"),
          Map.entry("--train-file", "--train"),
          Map.entry("--validation-file", "--eval"),
          Map.entry("--output-dir", "--out"),
          Map.entry("--overwrite-output-dir", "--overwrite"),
          Map.entry("--num-train-epochs", "--epochs"),
          Map.entry("--max-steps", "--tokens, or --epochs"),
          Map.entry("--per-device-train-batch-size", "--batch-size"),
          Map.entry("--per-device-eval-batch-size", "nothing: it follows from --batch-size"),
          Map.entry("--auto-find-batch-size", "--batch-tokens auto"),
          Map.entry("--group-by-length", "nothing: texts are packed, and none is padded"),
          Map.entry("--gradient-accumulation-steps", "--gradient-accumulation"),
          Map.entry("--lr-scheduler-type", "--schedule"),
          Map.entry("--warmup-ratio", "--warmup"),
          Map.entry("--warmup-steps", "--warmup, a share of the steps"),
          Map.entry("--optim", "--optimizer"),
          Map.entry("--adam-beta2", "--beta2"),
          Map.entry("--fp16", "--precision bf16"),
          Map.entry("--bf16", "--precision bf16"),
          Map.entry("--no-cuda", "--device cpu"),
          Map.entry("--use-cpu", "--device cpu"),
          Map.entry("--load-best-model-at-end", "--keep-best"),
          Map.entry("--metric-for-best-model", "--metric, whose first counts for --keep-best"),
          Map.entry("--early-stopping-patience", "--patience"),
          Map.entry("--label-smoothing-factor", "--label-smoothing"),
          Map.entry("--logging-steps", "--log-every"),
          Map.entry("--eval-steps", "--evaluate-every"),
          Map.entry("--save-steps", "--checkpoint-every"),
          Map.entry("--save-total-limit", "--keep-checkpoints"),
          Map.entry("--resume-from-checkpoint", SAME_COMMAND),
          Map.entry("--report-to", "--tensorboard"),
          Map.entry("--max-seq-length", "--max-length"),
          Map.entry("--max-train-samples", "--train-limit"),
          Map.entry("--max-eval-samples", "--eval-limit"),
          Map.entry("--text-column-name", "--text-column"),
          Map.entry("--label-column-name", "--label-column"),
          Map.entry("--push-to-hub", "jaubert upload, afterwards"),
          Map.entry("--lora-r", "--lora-rank"),
          Map.entry("--target-modules", "--lora-targets"));

  private OtherNames() {}

  /** What stands here for an option of theirs, such as {@code --num_train_epochs}. */
  static Optional<String> here(String option) {
    String name = option.replaceFirst("=.*", "").replace('_', '-').toLowerCase(Locale.ROOT);
    return Optional.ofNullable(HERE.get(name));
  }
}
