/**
 * Files of weights: safetensors, ONNX, and folders that are replaced whole or not at all. Damaged
 * or hostile files are refused with file, place and reason.
 */
package io.github.jaubert.bert.checkpoint;
