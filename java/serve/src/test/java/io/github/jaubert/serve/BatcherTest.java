package io.github.jaubert.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.pipeline.Embeddings;
import io.github.jaubert.bert.pipeline.Pipelines;
import io.github.jaubert.bert.pipeline.Prepared;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Memory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatcherTest {
  private static final Executor HERE = Runnable::run;

  /** Kernels have other tiles for few rows than for many, and round otherwise. */
  private static final float ROUNDING = 1e-5f;

  private static final ServeSettings USUAL = ServeSettings.usual();

  /** A model whose sizes are those of no tile. */
  private static Embeddings model() {
    Tokenizer tokenizer = Tokenizer.fromPretrained(Served.ZERO_SHOT);
    BertConfig config =
        BertConfig.bertBase().withVocabSize(tokenizer.vocabularySize()).withEncoder(84, 2, 7, 130);
    return Pipelines.embeddings(SentenceEncoder.of(Bert.of(config), Pooling.MEAN), tokenizer);
  }

  private static String text(Random random, int words) {
    List<String> text = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      text.add(Served.WORDS.get(random.nextInt(Served.WORDS.size())));
    }
    return String.join(" ", text);
  }

  @Test
  void anAnswerIsTheSameWhateverIsInItsBatch() {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    List<String> texts =
        IntStream.range(0, 96).mapToObj(i -> text(random, 1 + random.nextInt(60))).toList();
    try (Embeddings embed = model();
        Batcher batcher =
            new Batcher("test", USUAL.withBatches(300, Duration.ofMillis(50)), HERE)) {
      List<float[]> alone = texts.stream().map(embed::of).toList();
      List<CompletableFuture<List<float[]>>> futures =
          texts.parallelStream().map(text -> batcher.submit(embed.prepare(List.of(text)))).toList();
      for (int i = 0; i < texts.size(); i++) {
        assertArrayEquals(alone.get(i), futures.get(i).join().get(0), ROUNDING, "seed " + seed);
      }
      List<float[]> all = batcher.submit(embed.prepare(texts)).join(); // several batches
      for (int i = 0; i < texts.size(); i++) {
        assertArrayEquals(alone.get(i), all.get(i), ROUNDING, "seed " + seed);
      }
    }
  }

  /** Holds the model's thread until it is told to go on. */
  private static final class Held implements Batcher.Engine, AutoCloseable {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    final List<Integer> sizes = new ArrayList<>();

    @Override
    public List<float[]> outputs(Prepared<?> first, List<Encoding> batch) {
      begun.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      sizes.add(batch.size());
      return first.outputs(batch);
    }

    /** It goes on if a test fails, too. */
    @Override
    public void close() {
      goOn.countDown();
    }
  }

  @Test
  void whatWaitsIsPutTogetherUpToAFullBatch() throws InterruptedException {
    Held held = new Held();
    try (Embeddings embed = model();
        Embeddings other = model()) {
      Prepared<List<float[]>> text = embed.prepare(List.of("the end"));
      int batch = 5 * text.tokens();
      ServeSettings settings = USUAL.withBatches(batch, Duration.ZERO).withQueueTokens(3 * batch);
      try (Batcher batcher = new Batcher("test", settings, HERE, held);
          held) {
        CompletableFuture<List<float[]>> first = batcher.submit(text);
        held.begun.await();
        List<CompletableFuture<List<float[]>>> waiting =
            IntStream.range(0, 8).mapToObj(i -> batcher.submit(text)).toList();
        CompletableFuture<List<float[]>> foreign =
            batcher.submit(other.prepare(List.of("the end", "the end")));
        CompletableFuture<List<float[]>> last = batcher.submit(text);
        waiting.get(2).cancel(false); // its text is left out
        assertEquals(11 * text.tokens(), batcher.queuedTokens());
        String full =
            assertThrows(
                    RejectedExecutionException.class,
                    () -> batcher.submit(embed.prepare(List.of("the ".repeat(400)))))
                .getMessage();
        assertTrue(full.endsWith("are too many: at most " + 3 * batch), full);
        held.goOn.countDown();
        float[] expected = embed.of("the end");
        for (CompletableFuture<List<float[]>> one : List.of(first, waiting.get(7), last)) {
          assertArrayEquals(expected, one.join().get(0), ROUNDING);
        }
        assertEquals(2, foreign.join().size());
        assertTrue(waiting.get(2).isCancelled());
        assertEquals(List.of(), batcher.submit(embed.prepare(List.of())).join());
      }
      assertEquals(List.of(1, 5, 2, 2, 1), held.sizes);
    }
  }

  @Test
  void aTextThatFailsFailsAlone() {
    try (Embeddings embed = model()) {
      int length = embed.prepare(List.of("to be or not to be")).tokens();
      Batcher.Engine refusing =
          (first, batch) -> {
            if (batch.stream().anyMatch(text -> text.length() == length)) {
              throw new IllegalArgumentException("such a text");
            }
            return first.outputs(batch);
          };
      ServeSettings settings = USUAL.withBatches(1000, Duration.ofMillis(20));
      try (Batcher batcher = new Batcher("test", settings, HERE, refusing)) {
        CompletableFuture<List<float[]>> good = batcher.submit(embed.prepare(List.of("the")));
        CompletableFuture<List<float[]>> bad =
            batcher.submit(embed.prepare(List.of("the", "to be or not to be")));
        CompletableFuture<List<float[]>> other = batcher.submit(embed.prepare(List.of("end")));
        assertArrayEquals(embed.of("the"), good.join().get(0), ROUNDING);
        assertEquals(
            "such a text",
            assertThrows(CompletionException.class, bad::join).getCause().getMessage());
        assertArrayEquals(embed.of("end"), other.join().get(0), ROUNDING);
      }
    }
  }

  @Test
  void whatWaitsIsAnsweredBeforeItIsClosedAndNoMemoryStays() throws InterruptedException {
    long before = Memory.live();
    Held held = new Held();
    try (Embeddings embed = model()) {
      Batcher batcher = new Batcher("test", USUAL.withBatches(1, Duration.ZERO), HERE, held);
      List<CompletableFuture<List<float[]>>> waiting =
          IntStream.range(0, 5)
              .mapToObj(i -> batcher.submit(embed.prepare(List.of("the end"))))
              .toList();
      held.begun.await();
      Thread closing = new Thread(batcher::close);
      closing.start();
      held.goOn.countDown();
      closing.join();
      assertTrue(waiting.stream().allMatch(one -> one.join().size() == 1));
      assertThrows(
          IllegalStateException.class, () -> batcher.submit(embed.prepare(List.of("the"))));
    }
    assertEquals(before, Memory.live());
  }
}
