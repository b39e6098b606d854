package io.github.jaubert.cli.finetune;

import io.github.jaubert.measure.DataMeasurement;
import io.github.jaubert.measure.DataReport;
import io.github.jaubert.measure.LeakReport;
import io.github.jaubert.measure.Notice;
import io.github.jaubert.measure.Notice.Subject;
import io.github.jaubert.measure.card.DataLines;
import io.github.jaubert.train.data.DataException;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What is said of the data before the first step. */
public final class DataNotices {
  /** Of texts that are blank or cut and of labels that look alike, the task itself warns. */
  private static final Set<Subject> SAID =
      EnumSet.of(Subject.LEAK, Subject.CONTRADICTIONS, Subject.DUPLICATES, Subject.IMBALANCE);

  @Option(
      names = "--strict",
      description =
          "Learn nothing if a text to be judged by is also learnt from, or a similar one is; jaubert"
              + " measure shows them.")
  private boolean strict;

  /**
   * Measures the data of a job and tells what calls for care, in no more than four lines. Rows that
   * are kept in files are too many for that.
   *
   * @return what was measured, for the card of the model; nothing if it was not
   * @throws ParameterException if leaks are to be refused and the job has no texts with labels
   * @throws DataException if there is a leak and they are to be refused
   */
  public List<String> say(CommandLine command, Job job, PrintWriter out) {
    if (job.learnt() == null) {
      if (strict) {
        throw new ParameterException(
            command, "--strict is for labels and scores of whole texts in files");
      }
      return List.of();
    }
    if (job.learnt().isCached() && !strict) {
      return List.of();
    }
    DataMeasurement measurement = DataMeasurement.of(job.learnt()).quick();
    if (job.judged() != null) {
      measurement.against(job.judged());
    }
    DataReport report = measurement.run();
    LeakReport leaks = report.leaks();
    report.notices().stream()
        .filter(notice -> SAID.contains(notice.subject()))
        .map(Notice::text)
        .forEach(out::println);
    if (strict && leaks != null && leaks.exact() + leaks.similar() > 0) {
      throw new DataException(
          leaks.against(),
          "%d of %d rows have a text that is learnt from, and %d a similar one, the first in line %d"
                  .formatted(
                      leaks.exact(), leaks.rows(), leaks.similar(), leaks.examples().get(0).line())
              + "; without --strict they are only told");
    }
    return DataLines.of(report);
  }
}
