package io.github.jaubert.benchmarks.operations;

/** Cross-entropy of 614 rows over BERT's vocabulary. */
public class CrossEntropyBenchmark extends OperationBenchmark {
  @Override
  protected Operation open() {
    return TrainingWorks.openCrossEntropy(0);
  }
}
