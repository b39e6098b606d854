package io.github.jaubert.bert.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that torch.save wrote, by src/test/python/golden_pytorch_files.py, and hostile ones, each
 * of which is to be refused at once by a message that can be read.
 */
class PyTorchFileTest {
  private static final Path GOLDEN = TestFiles.golden("pytorch");
  private static final byte[] SIX = new byte[24];

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "protocol2",
        "protocol3",
        "protocol4",
        "protocol5",
        "state-dict",
        "older",
        "parameters"
      })
  void readsWhatPyTorchWrote(String name) {
    JsonNode expected = JsonFiles.readObject(GOLDEN.resolve("expected.json")).get(name + ".bin");
    try (StateDict file = PyTorchFile.open(GOLDEN.resolve(name + ".bin"))) {
      List<String> names = new ArrayList<>();
      expected.fieldNames().forEachRemaining(names::add);
      assertEquals(names, List.copyOf(file.names()));
      for (String tensor : names) {
        JsonNode shape = expected.get(tensor).get(0);
        long[] sizes = new long[shape.size()];
        Arrays.setAll(sizes, i -> shape.get(i).asLong());
        assertEquals(Shape.of(sizes), file.shape(tensor), tensor);
        JsonNode values = expected.get(tensor).get(1);
        float[] due = new float[values.size()];
        for (int i = 0; i < due.length; i++) {
          due[i] = (float) values.get(i).asDouble();
        }
        assertArrayEquals(due, file.floats(tensor), tensor);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "legacy | is of PyTorch's format before version 1.6, which is not read; most repositories",
        "nested | holds a dictionary of 'epoch', 'model', 'loss', not tensors by name",
        "module | asks for torch.nn.modules.container.Sequential: a pickle may run any code"
      })
  void refusesWhatHoldsNoTensorsByName(String name, String message) {
    Path file = GOLDEN.resolve(name + ".bin");
    String refusal =
        assertThrows(CheckpointException.class, () -> PyTorchFile.open(file)).getMessage();
    assertTrue(refusal.startsWith(file + ": "), refusal);
    assertTrue(refusal.contains(message), refusal);
  }

  // ---- folders ----

  @Test
  void aFolderMayHoldShards() throws IOException {
    for (String name : List.of("state-dict.bin", "protocol2.bin")) {
      Files.copy(GOLDEN.resolve(name), folder.resolve(name));
    }
    Path index = folder.resolve("pytorch_model.bin.index.json");
    TestFiles.write(
        index, "{\"weight_map\": {\"a.bias\": \"state-dict.bin\", \"bf16\": \"protocol2.bin\"}}");
    try (StateDict weights = StateDict.openFolder(folder);
        StateDict first = PyTorchFile.open(folder.resolve("state-dict.bin"))) {
      assertEquals(List.of("a.bias", "bf16"), List.copyOf(weights.names()));
      assertArrayEquals(first.floats("a.bias"), weights.floats("a.bias"));
      assertEquals(folder.resolve("protocol2.bin").toString(), weights.file("bf16"));
    }
    Files.copy(GOLDEN.resolve("protocol3.bin"), folder.resolve("pytorch_model.bin"));
    try (StateDict weights = StateDict.openFolder(folder)) {
      assertInstanceOf(PyTorchFile.class, weights);
      assertTrue(weights.names().contains("transposed"));
    }
    TestFiles.write(index, "{\"weight_map\": {\"a.bias\": \"../state-dict.bin\"}}");
    Files.delete(folder.resolve("pytorch_model.bin"));
    assertTrue(
        assertThrows(CheckpointException.class, () -> StateDict.openFolder(folder))
            .getMessage()
            .contains("'weight_map' gives \"../state-dict.bin\" as the file of 'a.bias'"));
    Files.copy(
        TestFiles.golden().resolve("single-label/model.safetensors"),
        folder.resolve("model.safetensors"));
    try (StateDict weights = StateDict.openFolder(folder)) {
      assertInstanceOf(SafeTensors.class, weights);
    }
  }

  // ---- hostile pickles ----

  private static PickleBuilder pickle() {
    return new PickleBuilder().raw(0x80, 2);
  }

  /** A dictionary with one tensor of six floats. */
  private static PickleBuilder good() {
    return pickle().op("}(").text("t").tensor(6, 0, new long[] {2, 3}, new long[] {3, 1}).op("u.");
  }

  private static PickleBuilder tensor(long elements, long offset, long[] shape, long[] strides) {
    return pickle().op("}(").text("t").tensor(elements, offset, shape, strides).op("u.");
  }

  private static PickleBuilder call(String module, String name, String argument) {
    return pickle().global(module, name).text(argument).raw(0x85).op("R.");
  }

  @Test
  void refusesEveryHostilePickle() {
    Path made = folder.resolve("made");
    String touch = "touch " + made;
    String huge = "x".repeat(100_000);
    Map<String, byte[]> hostile = new LinkedHashMap<>();
    Map<String, PickleBuilder> built = new LinkedHashMap<>();
    built.put("asks for os.system: ", call("os", "system", touch));
    built.put("asks for posix.system: ", call("posix", "system", touch));
    built.put("asks for nt.system: ", call("nt", "system", touch));
    built.put("asks for subprocess.Popen: ", call("subprocess", "Popen", touch));
    built.put("asks for builtins.eval: ", call("builtins", "eval", touch));
    built.put("asks for builtins.exec: ", call("builtins", "exec", touch));
    built.put("asks for builtins.getattr: ", call("builtins", "getattr", touch));
    built.put("asks for __builtin__.open: ", call("__builtin__", "open", touch));
    built.put("asks for torch.load: ", call("torch", "load", touch));
    built.put("asks for torch.hub.load: ", call("torch", "hub.load", touch));
    built.put("asks for torch._utils.system: ", call("torch._utils", "system", touch));
    built.put("asks for collections.Counter: ", call("collections", "Counter", touch));
    built.put("asks for FloatStorage.torch: ", call("FloatStorage", "torch", touch));
    built.put("asks for java.lang.Runtime: ", call("java.lang", "Runtime", touch));
    built.put(
        "asks for os.system: a pickle ",
        pickle().text("os").text("system").raw(0x93).text(touch).raw(0x85).op("R."));
    built.put("has 1 as a name", pickle().integer(1).text("x").raw(0x93).op("."));
    built.put("has a name of more than 1000 characters", pickle().op("c" + huge));
    built.put("asks for " + "x".repeat(900), pickle().global("x".repeat(990), "y").op("."));
    built.put("has the instruction 0x69 ('i')", pickle().op("(ios\nsystem\n."));
    built.put("has the instruction 0x6f ('o')", pickle().op("(").text("os").op("o."));
    built.put("has the instruction 0x81,", pickle().op("))").raw(0x81).op("."));
    built.put("has the instruction 0x92,", pickle().op(")))").raw(0x92).op("."));
    built.put("has the instruction 0x82,", pickle().raw(0x82, 1).op("."));
    built.put("has the instruction 0x50 ('P')", pickle().op("P0\n."));
    built.put("has the instruction 0x46 ('F')", pickle().op("F1.5\n."));
    built.put("has the instruction 0x00,", pickle().raw(0));
    built.put("has the instruction 0xff,", pickle().raw(0xFF));
    built.put("has the instruction 0x97,", pickle().raw(0x97).op("."));
    built.put("is written by protocol 200", new PickleBuilder().raw(0x80, 200).op("."));
    built.put(
        "has a text of 4294967295 bytes, but ends after 2",
        pickle().op("X").raw(255, 255, 255, 255).op("a."));
    built.put(
        "has a text of 18446744073709551615 bytes",
        pickle().raw(0x8D, 255, 255, 255, 255, 255, 255, 255, 255).op("."));
    built.put(
        "has a text of 18446744073709551614 bytes",
        pickle().op("T").raw(254, 255, 255, 255).op("."));
    built.put("has a whole number of 200 bytes; 8 at most", pickle().raw(0x8A, 200).op("."));
    built.put("ends in the middle of an instruction", pickle().op("J").raw(1, 2));
    built.put("ends without its last instruction", pickle().op("}"));
    built.put("at byte 2, takes a value where there is none", pickle().op("."));
    built.put("at byte 3, takes a value where there is none", pickle().op("(."));
    built.put("leaves 1 values behind", pickle().op("}}."));
    built.put("goes back to a mark that is not there", pickle().op("}u."));
    built.put("has a key without a value", pickle().op("}(").text("a").op("u."));
    built.put("has a list as a key", pickle().op("}(]]u."));
    built.put("has a tuple as a key", pickle().op("}()]u."));
    built.put("puts an entry into a list", pickle().op("](").text("a").text("b").op("u."));
    built.put("appends to a dictionary", pickle().op("}}a."));
    built.put("asks for the value 7, which it has not stored", pickle().op("h").raw(7).op("."));
    built.put(
        "asks for the value 4294967295, which", pickle().op("j").raw(255, 255, 255, 255).op("."));
    built.put("at byte 2, takes a value where", pickle().op("r").raw(255, 255, 255, 255).op("."));
    built.put("sets the state of a list to a dictionary", pickle().op("]}b."));
    built.put("sets the state of a dictionary to a tuple", pickle().op("})b."));
    built.put(
        "calls collections.OrderedDict in a way",
        pickle().global("collections", "OrderedDict").op("]R."));
    built.put(
        "calls torch.FloatStorage in a way", pickle().global("torch", "FloatStorage").op(")R."));
    built.put("calls a dictionary in a way", pickle().op("})R."));
    built.put(
        "calls torch._utils._rebuild_tensor_v2 in a way",
        pickle().global("torch._utils", "_rebuild_tensor_v2").op(")R."));
    built.put(
        "calls torch._utils._rebuild_parameter in a way",
        pickle().global("torch._utils", "_rebuild_parameter").op(")R."));
    built.put("refers to something outside that is no storage", pickle().text("storage").op("Q."));
    built.put(
        "outside that is no storage",
        pickle()
            .op("(")
            .text("module")
            .global("torch", "FloatStorage")
            .text("0")
            .text("cpu")
            .integer(1)
            .op("tQ."));
    built.put(
        "that is no storage",
        pickle()
            .op("(")
            .text("storage")
            .text("torch.FloatStorage")
            .text("0")
            .text("cpu")
            .integer(1)
            .op("tQ."));
    built.put("something outside that is no", pickle().storage(-1).op("."));
    built.put(
        "has a tensor without a storage",
        pickle().global("torch._utils", "_rebuild_tensor_v2").op("(NNNNNNtR."));
    built.put(
        "has the storage offset -1, no number from 0 on",
        tensor(6, -1, new long[] {2}, new long[] {1}));
    built.put(
        "has the size -5, no number from 0 on", tensor(6, 0, new long[] {-5}, new long[] {1}));
    built.put(
        "has the stride -1, no number from 0 on", tensor(6, 5, new long[] {6}, new long[] {-1}));
    built.put(
        "has a tensor of 2 sizes and 1 strides", tensor(6, 0, new long[] {2, 3}, new long[] {1}));
    built.put(
        "has a size that is no tuple of up to 16 numbers",
        tensor(6, 0, new long[40], new long[40]));
    built.put("has a tensor [7] with strides [1]", tensor(6, 0, new long[] {7}, new long[] {1}));
    built.put("from element 1 on does not fit", tensor(6, 1, new long[] {6}, new long[] {1}));
    built.put(
        "a tensor [2, 3] with strides [6, 1]", tensor(6, 0, new long[] {2, 3}, new long[] {6, 1}));
    built.put(
        "a tensor [1000000000] with strides [0]",
        tensor(6, 0, new long[] {1_000_000_000}, new long[] {0}));
    built.put(
        "has a tensor of more than 2^63 elements",
        tensor(6, 0, new long[] {1L << 40, 1L << 40}, new long[] {0, 0}));
    built.put(
        "a tensor of more than 2^63 ", tensor(6, Long.MAX_VALUE, new long[] {6}, new long[] {1}));
    built.put(
        "a tensor of more than 2^63", tensor(6, 0, new long[] {3}, new long[] {Long.MAX_VALUE}));
    built.put(
        "'t' is in a storage of 7 elements of F32, but its record 'model/data/0' has 24 bytes",
        tensor(7, 0, new long[] {2}, new long[] {1}));
    built.put(
        "in a storage of 4611686018427387904 elements",
        tensor(1L << 62, 0, new long[] {2}, new long[] {1}));
    built.put("holds a list, not tensors by name", pickle().op("]."));
    built.put("holds None, not tensors by name", pickle().op("N."));
    built.put("holds a dictionary of 1, not tensors by name", pickle().op("}K").raw(1).op("Ns."));
    built.put("holds a dictionary of '" + "x".repeat(1000), pickle().op("}").text(huge).op("Ns."));
    // Each holds itself.
    built.put("holds a list, not", pickle().op("]q").raw(0).op("h").raw(0).op("a."));
    built.put(
        "holds a dictionary of 'd'", pickle().op("}q").raw(0).text("d").op("h").raw(0).op("s."));
    built.put(
        "holds a tuple, not", pickle().op("]q").raw(0).op("h").raw(0).op("a").raw(0x85).op("."));
    // Lists of lists of lists, of which each level has ten times the one below: 10^12 in all.
    PickleBuilder laughs = pickle().op("](NNNNNNNNNNeq").raw(0);
    for (int level = 1; level < 12; level++) {
      laughs.op("](");
      for (int i = 0; i < 10; i++) {
        laughs.op("h").raw(level - 1);
      }
      laughs.op("eq").raw(level);
    }
    PickleBuilder behind = laughs.text("d");
    built.put("leaves 12 values behind", behind.op("."));
    PickleBuilder marks = pickle();
    for (int i = 0; i < 300_000; i++) {
      marks.op("(");
    }
    for (int i = 0; i < 300_000; i++) {
      marks.op("t");
    }
    built.put("holds a tuple, not tensors", marks.op("."));
    PickleBuilder stored = pickle().op("}");
    for (int i = 0; i < 300_000; i++) {
      stored.raw(0x94);
    }
    built.put("ends without its", stored);
    PickleBuilder many = pickle().op("}(");
    for (int i = 0; i < 1000; i++) {
      many.text("t" + i).tensor(6, 0, new long[] {2, 3}, new long[] {3, 1});
    }
    built.forEach((message, builder) -> hostile.put(message, builder.bytes()));
    assertTrue(hostile.size() >= 80, "only " + hostile.size());
    Path file = folder.resolve("pytorch_model.bin");
    PickleBuilder.write(file, good().bytes(), SIX);
    PyTorchFile.open(file).close(); // what they are made of is good
    PickleBuilder.write(file, many.op("u.").bytes(), SIX);
    PyTorchFile.open(file).close(); // and so are shared storages
    hostile.forEach(
        (message, code) -> {
          PickleBuilder.write(file, code, SIX);
          refused(file, message);
        });
    assertFalse(Files.exists(made));
  }

  /** The message, which comes soon and is of a length that can be read. */
  private static void refused(Path file, String message) {
    String refusal = null;
    long shortest = Long.MAX_VALUE;
    for (int i = 0; i < 3 && shortest >= 1e9; i++) { // of a machine that is busy, the best
      long start = System.nanoTime();
      refusal =
          assertThrows(CheckpointException.class, () -> PyTorchFile.open(file), message)
              .getMessage();
      shortest = Math.min(shortest, System.nanoTime() - start);
    }
    assertTrue(shortest < 1e9, message);
    assertTrue(refusal.startsWith(file + ": "), refusal);
    assertTrue(refusal.contains(message), message + " expected: " + refusal);
    assertTrue(refusal.length() < 2000, message);
  }

  // ---- hostile archives ----

  @Test
  void refusesHostileArchives() throws IOException {
    Path file = folder.resolve("pytorch_model.bin");
    byte[] good = good().bytes();
    Map<String, Map<String, byte[]>> archives = new LinkedHashMap<>();
    archives.put("is a zip archive without data.pkl", Map.of("model/constants.pkl", good));
    archives.put("a zip archive without data.pkl,", Map.of("data.pkl", good));
    archives.put("archive without data.pkl, none", Map.of("a/b/data.pkl", good));
    archives.put("lies outside", Map.of("../data.pkl", good, "../data/0", SIX));
    archives.put(
        "'a/../../etc/passwd', which lies", Map.of("m/data.pkl", good, "a/../../etc/passwd", SIX));
    archives.put("'/etc/passwd', which lies", Map.of("m/data.pkl", good, "/etc/passwd", SIX));
    archives.put("'m\\data', which lies", Map.of("m/data.pkl", good, "m\\data", SIX));
    archives.put("has both '", Map.of("m/data.pkl", good, "n/data.pkl", good));
    archives.put("lacks the record 'm/data/0'", Map.of("m/data.pkl", good));
    archives.put(
        "of another byte order: big",
        Map.of("m/data.pkl", good, "m/data/0", SIX, "m/byteorder", "big".getBytes()));
    archives.put(
        "has a record 'm/byteorder' of 1000 bytes; 64 at most",
        Map.of("m/data.pkl", good, "m/data/0", SIX, "m/byteorder", new byte[1000]));
    archives.put("'m/data/0' has 23 bytes", Map.of("m/data.pkl", good, "m/data/0", new byte[23]));
    archives.put("'m/data/0' has 0 bytes", Map.of("m/data.pkl", good, "m/data/0", new byte[0]));
    archives.put("at byte 0, has the instruction 0x00", Map.of("m/data.pkl", new byte[99]));
    archives.put("at byte 0, ends without", Map.of("m/data.pkl", new byte[0]));
    archives.forEach(
        (message, records) -> {
          PickleBuilder.zip(file, false, records);
          refused(file, message);
        });
    // 32 MB in 32 KB.
    PickleBuilder.zip(file, true, Map.of("m/data.pkl", new byte[1 << 25]));
    refused(file, "has a compressed record 'm/data.pkl'; torch.save compresses none");
    PickleBuilder.zip(file, false, Map.of("m/data.pkl", good, "m/data/0", SIX));
    byte[] bytes = Files.readAllBytes(file);
    for (int cut : new int[] {5, 40, bytes.length / 2, bytes.length - 1}) {
      TestFiles.write(file, Arrays.copyOf(bytes, cut));
      refused(file, "is damaged or truncated: ");
    }
    for (long size : new long[] {0xFFFFFFFEL, 1L << 31, 1000}) {
      TestFiles.write(file, withSize(bytes, (int) size));
      refused(file, "m/data");
    }
    Consumer<byte[]> write = content -> TestFiles.write(file, content);
    write.accept(new byte[0]);
    refused(file, "is no file of PyTorch: it does not begin as a zip does");
    write.accept("<!DOCTYPE html>".getBytes());
    refused(file, "is no file of PyTorch");
    write.accept("version https://git-lfs.github.com/spec/v1\noid".getBytes());
    refused(file, "is a Git LFS pointer");
    refused(folder, "is a folder; a file of PyTorch is needed");
    refused(folder.resolve("none"), "cannot be read: no such file");
  }

  /** The archive with another size of the storage in its central directory. */
  private static byte[] withSize(byte[] archive, int size) {
    byte[] changed = archive.clone();
    ByteBuffer buffer = ByteBuffer.wrap(changed).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i + 50 < changed.length; i++) {
      if (buffer.getInt(i) == 0x02014B50 && buffer.get(i + 46 + 2 + 4) != '.') {
        buffer.putInt(i + 20, size).putInt(i + 24, size);
      }
    }
    return changed;
  }

  @Test
  void aNameThatIsNotUtf8IsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(GOLDEN.resolve("state-dict.bin"));
    byte[] name = "data.pkl".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i + name.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + name.length, name, 0, name.length)) {
        bytes[i] = (byte) 0xe9;
      }
    }
    Path file = folder.resolve("pytorch_model.bin");
    TestFiles.write(file, bytes);
    String message =
        assertThrows(CheckpointException.class, () -> PyTorchFile.open(file)).getMessage();
    assertTrue(message.startsWith(file + ": is damaged"), message);
  }

  /** Any byte of a good file may be another: it is read or refused, and nothing else happens. */
  @Test
  void damagedFilesAreReadOrRefused() throws IOException {
    long seed = Seeds.SEED;
    Random random = new Random(seed);
    Path file = folder.resolve("pytorch_model.bin");
    int refused = 0;
    for (String name : List.of("protocol2", "protocol4", "state-dict", "parameters")) {
      byte[] good = Files.readAllBytes(GOLDEN.resolve(name + ".bin"));
      for (int trial = 0; trial < 150; trial++) {
        byte[] bytes = good.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        if (random.nextInt(8) == 0) {
          bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        TestFiles.write(file, bytes);
        String where = "seed " + seed + ", " + name + ", trial " + trial;
        long start = System.nanoTime();
        try (StateDict weights = PyTorchFile.open(file)) {
          for (String tensor : weights.names()) {
            assertEquals(weights.shape(tensor).numel(), weights.floats(tensor).length, where);
          }
        } catch (CheckpointException e) {
          refused++;
          assertTrue(e.getMessage().length() < 2000, where);
          assertTrue(e.getMessage().startsWith(file + ": "), where + ": " + e.getMessage());
        } catch (RuntimeException e) {
          throw new AssertionError(where, e);
        }
        assertTrue(System.nanoTime() - start < 1e10, where);
      }
    }
    assertTrue(refused > 50, "only " + refused + " refused, seed " + seed);
  }
}
