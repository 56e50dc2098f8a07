"""Operations as a Flask application on gunicorn. The rooms below know neither of the two."""
