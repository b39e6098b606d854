/** MPNet, whose attention adds a bias by how far apart two tokens are. */
package io.github.jaubert.bert.models.mpnet;
