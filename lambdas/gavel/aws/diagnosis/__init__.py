"""Asks AWS what `gavel.diagnosis` judges; every check ends with findings, whatever AWS answers."""
