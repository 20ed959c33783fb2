-- One positive label of the target; without a target there are none.
{% if schema %}
    select label_id
    from {{ schema }}.target_labels
    where role = 'positive'
{% else %}
    select label_id
    from main.labels
    where false
{% endif %}
