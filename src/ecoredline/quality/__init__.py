"""Data quality 数据质量: a catalogue of checks declared as data, run over any delivery."""
