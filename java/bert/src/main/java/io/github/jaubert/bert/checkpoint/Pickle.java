package io.github.jaubert.bert.checkpoint;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what {@code torch.save} pickled of a state dict: dictionaries, lists, tuples, numbers,
 * texts and tensors. A pickle is a program that may name any function to be called; here no name is
 * ever looked up. A handful stand for what this class makes itself, any other is refused, and so is
 * each instruction that a state dict has no use for.
 */
final class Pickle {
  /** What stands for None. */
  static final Object NONE = new Object();

  /** A tuple, which may be part of itself by way of a list. */
  record Tuple(List<Object> items) {}

  /** A name of Python's. */
  private record Global(String module, String name) {
    @Override
    public String toString() {
      return module + "." + name;
    }
  }

  /** A mark on the stack. */
  private static final Object MARK = new Object();

  private static final Global ORDERED_DICT = new Global("collections", "OrderedDict");
  private static final Global TENSOR = new Global("torch._utils", "_rebuild_tensor_v2");
  private static final Global PARAMETER = new Global("torch._utils", "_rebuild_parameter");
  private static final int LONGEST_NAME = 1000;

  private final String file;
  private final ByteBuffer code;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private int at; // where the instruction begins

  private Pickle(String file, byte[] code) {
    this.file = file;
    this.code = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * What a pickle describes.
   *
   * @param file for messages
   * @return a Map for a dictionary; Lists, {@link Tuple}s, Strings, Longs, Doubles, Booleans,
   *     {@link #NONE}, {@link PickledTensor}s
   * @throws CheckpointException if it is damaged, or asks for anything else
   */
  static Object read(String file, byte[] code) {
    Pickle pickle = new Pickle(file, code);
    try {
      return pickle.run();
    } catch (BufferUnderflowException e) {
      throw pickle.refusal("ends in the middle of an instruction");
    } catch (IllegalArgumentException e) {
      throw pickle.refusal("has " + e.getMessage());
    }
  }

  private Object run() {
    while (code.hasRemaining()) {
      at = code.position();
      int operation = code.get() & 0xFF;
      if (operation == '.') {
        Object result = pop();
        if (!stack.isEmpty()) {
          throw refusal("leaves " + stack.size() + " values behind");
        }
        return result;
      }
      if (!number(operation) && !text(operation) && !container(operation) && !made(operation)) {
        throw refusal(
            "has the instruction 0x%02x%s, which tensors have no use for"
                .formatted(
                    operation,
                    operation > ' ' && operation < 0x7F ? " ('" + (char) operation + "')" : ""));
      }
    }
    throw refusal("ends without its last instruction");
  }

  // ---- values ----

  private boolean number(int operation) {
    switch (operation) {
      case 'N' -> push(NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) (code.get() & 0xFF));
      case 'M' -> push((long) (code.getShort() & 0xFFFF));
      case 'J' -> push((long) code.getInt());
      case 0x8A -> push(integer(code.get() & 0xFF));
      case 'G' -> {
        byte[] bytes = bytes(8); // the only number that begins with its highest byte
        push(ByteBuffer.wrap(bytes).getDouble());
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** A whole number in the least bytes that it needs. */
  private long integer(int length) {
    if (length > Long.BYTES) {
      throw refusal("has a whole number of " + length + " bytes; 8 at most");
    }
    byte[] bytes = bytes(length);
    long value = 0;
    for (int i = length - 1; i >= 0; i--) {
      value = value << 8 | (i == length - 1 ? bytes[i] : bytes[i] & 0xFF);
    }
    return value;
  }

  private boolean text(int operation) {
    switch (operation) {
      case 'X' -> push(utf8(code.getInt() & 0xFFFFFFFFL));
      case 0x8C -> push(utf8(code.get() & 0xFF));
      case 0x8D -> push(utf8(code.getLong()));
      case 'U' -> push(utf8(code.get() & 0xFF)); // Python 2's texts
      case 'T' -> push(utf8(code.getInt()));
      default -> {
        return false;
      }
    }
    return true;
  }

  private String utf8(long length) {
    return new String(bytes(length), StandardCharsets.UTF_8);
  }

  private byte[] bytes(long length) {
    if (length < 0 || length > code.remaining()) {
      throw refusal(
          "has a text of %s bytes, but ends after %d"
              .formatted(Long.toUnsignedString(length), code.remaining()));
    }
    byte[] bytes = new byte[(int) length];
    code.get(bytes);
    return bytes;
  }

  // ---- lists and dictionaries ----

  private boolean container(int operation) {
    switch (operation) {
      case '(' -> push(MARK);
      case ')' -> push(new Tuple(List.of()));
      case 't' -> push(new Tuple(popToMark()));
      case 0x85, 0x86, 0x87 -> push(new Tuple(popMany(operation - 0x84)));
      case ']' -> push(new ArrayList<>());
      case 'a' -> append(popMany(1));
      case 'e' -> append(popToMark());
      case '}' -> push(new LinkedHashMap<>());
      case 's' -> put(popMany(2));
      case 'u' -> put(popToMark());
      default -> {
        return false;
      }
    }
    return true;
  }

  @SuppressWarnings("unchecked") // the only lists on the stack are those that ']' made
  private void append(List<Object> items) {
    if (!(peek() instanceof List<?> list)) {
      throw refusal("appends to " + describe(peek()));
    }
    ((List<Object>) list).addAll(items);
  }

  @SuppressWarnings("unchecked") // so are the maps
  private void put(List<Object> items) {
    if (!(peek() instanceof Map<?, ?> map)) {
      throw refusal("puts an entry into " + describe(peek()));
    }
    if (items.size() % 2 != 0) {
      throw refusal("has a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      if (!(key instanceof String || key instanceof Long)) {
        throw refusal("has " + describe(key) + " as a key");
      }
      ((Map<Object, Object>) map).put(key, items.get(i + 1));
    }
  }

  // ---- names, and what is made by them ----

  private boolean made(int operation) {
    switch (operation) {
      case 0x80 -> protocol(code.get() & 0xFF);
      case 0x95 -> code.getLong(); // the length of a frame, which is for streams
      case 'q' -> memo.put((long) (code.get() & 0xFF), peek());
      case 'r' -> memo.put(code.getInt() & 0xFFFFFFFFL, peek());
      case 0x94 -> memo.put((long) memo.size(), peek());
      case 'h' -> push(remembered(code.get() & 0xFF));
      case 'j' -> push(remembered(code.getInt() & 0xFFFFFFFFL));
      case 'c' -> push(global(line(), line()));
      case 0x93 -> {
        List<Object> both = popMany(2);
        push(global(name(both.get(0)), name(both.get(1))));
      }
      case 'R' -> {
        List<Object> call = popMany(2);
        push(call(call.get(0), call.get(1)));
      }
      case 'b' -> build(pop());
      case 'Q' -> push(storage(pop()));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void protocol(int version) {
    if (version > 5) {
      throw refusal("is written by protocol " + version + "; 5 is the latest that is known");
    }
  }

  private Object remembered(long key) {
    Object value = memo.get(key);
    if (value == null) {
      throw refusal("asks for the value " + key + ", which it has not stored");
    }
    return value;
  }

  private String line() {
    int start = code.position();
    while (code.get() != '\n') {
      if (code.position() - start > LONGEST_NAME) {
        throw refusal("has a name of more than " + LONGEST_NAME + " characters");
      }
    }
    byte[] bytes = new byte[code.position() - start - 1];
    code.get(start, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private String name(Object value) {
    if (!(value instanceof String text)) {
      throw refusal("has " + describe(value) + " as a name");
    }
    return text;
  }

  private Global global(String module, String name) {
    Global global = new Global(module, name);
    boolean known =
        global.equals(ORDERED_DICT)
            || global.equals(TENSOR)
            || global.equals(PARAMETER)
            || module.equals("torch") && PickledTensor.STORAGES.containsKey(name);
    if (!known) {
      throw refusal(
          "asks for %s: a pickle may run any code, and of all names only those of tensors, their storages and dictionaries are known here"
              .formatted(CheckpointException.shortened(global.toString())));
    }
    return global;
  }

  private Object call(Object function, Object arguments) {
    List<Object> given = arguments instanceof Tuple tuple ? tuple.items() : List.of(NONE);
    if (ORDERED_DICT.equals(function) && given.isEmpty()) {
      return new LinkedHashMap<>();
    }
    if (TENSOR.equals(function) && given.size() >= 6) {
      return PickledTensor.of(given.get(0), given.get(1), given.get(2), given.get(3));
    }
    if (PARAMETER.equals(function) && !given.isEmpty() && given.get(0) instanceof PickledTensor t) {
      return t;
    }
    throw refusal("calls " + describe(function) + " in a way that is not known");
  }

  /** A state dict has notes on the versions of its modules, which say nothing of values. */
  private void build(Object state) {
    if (!(peek() instanceof Map) || !(state instanceof Map)) {
      throw refusal("sets the state of " + describe(peek()) + " to " + describe(state));
    }
  }

  /** {@code ("storage", type, key, device, number of elements)}. */
  private PickledTensor.Storage storage(Object id) {
    if (id instanceof Tuple tuple
        && tuple.items().size() >= 5
        && "storage".equals(tuple.items().get(0))
        && tuple.items().get(1) instanceof Global type
        && PickledTensor.STORAGES.containsKey(type.name())
        && tuple.items().get(2) instanceof String key
        && tuple.items().get(4) instanceof Long elements
        && elements >= 0) {
      return new PickledTensor.Storage(PickledTensor.STORAGES.get(type.name()), key, elements);
    }
    throw refusal("refers to something outside that is no storage");
  }

  // ---- the stack ----

  private void push(Object value) {
    stack.add(value);
  }

  private Object peek() {
    if (stack.isEmpty() || stack.get(stack.size() - 1) == MARK) {
      throw refusal("takes a value where there is none");
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    Object value = peek();
    stack.remove(stack.size() - 1);
    return value;
  }

  private List<Object> popMany(int count) {
    Object[] values = new Object[count];
    for (int i = count - 1; i >= 0; i--) {
      values[i] = pop();
    }
    return List.of(values);
  }

  private List<Object> popToMark() {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw refusal("goes back to a mark that is not there");
    }
    List<Object> top = stack.subList(mark + 1, stack.size());
    List<Object> values = new ArrayList<>(top);
    stack.subList(mark, stack.size()).clear();
    return values;
  }

  /** What kind of value it is: its content may be of any size, or hold itself. */
  static String describe(Object value) {
    if (value instanceof Global || value instanceof Long || value instanceof Boolean) {
      return CheckpointException.shortened(value.toString());
    }
    if (value instanceof String text) {
      return "'" + CheckpointException.shortened(text) + "'";
    }
    if (value instanceof Tuple) {
      return "a tuple";
    }
    if (value instanceof Map) {
      return "a dictionary";
    }
    if (value instanceof List) {
      return "a list";
    }
    return value instanceof PickledTensor ? "a tensor" : value == NONE ? "None" : "a value";
  }

  private CheckpointException refusal(String reason) {
    return new CheckpointException(file, "its pickle, at byte " + at + ", " + reason);
  }
}
