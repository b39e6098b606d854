package io.github.jaubert.peers;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine.Command;

/** What a call of ND4J costs when there is almost nothing to compute; the result is closed. */
@Command(name = "nd4j", mixinStandardHelpOptions = true)
public final class Nd4jCalls extends MeasuringProgram {
  public static void main(String[] arguments) {
    run(new Nd4jCalls(), arguments);
  }

  @Override
  protected String start(int threads) {
    Nd4j.getEnvironment().setMaxThreads(threads);
    Nd4j.getEnvironment().setMaxMasterThreads(threads);
    String jar = Nd4j.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return "ND4J " + jar.replaceAll(".*nd4j-api-|\\.jar$", "");
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    return SmallCalls.works(
        "",
        () -> () -> {},
        shape -> Nd4j.rand(DataType.FLOAT, shape.length == 1 ? new long[] {1, 8} : shape),
        INDArray::add,
        INDArray::mmul,
        INDArray::close);
  }
}
