"""The routes of each behaviour of records: a mixin of RecordService for each."""
